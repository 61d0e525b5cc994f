import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Message, MsgId, Pid, RoomId, Session } from '../session/api';
import { boxOf, unsent } from './drafts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** As much of a session as keeps what is not finished. */
function keeping(kept: { text: string | null }): Session {
  const part = { unfinished: () => Promise.resolve(kept.text), keepUnfinished: (text: string) => Promise.resolve(void (kept.text = text)) };
  return part as Partial<Session> as Session;
}

const room = 'r_a' as RoomId;
const message = { id: 'm_a' as MsgId, author: { pid: 'p_a' as Pid, name: 'A', department: '', title: '' }, text: 'Hej **du**', quote: null, files: [] } as Partial<Message> as Message;

it('keeps what is written, with what it answers, for the next page', async () => {
  const kept = { text: null };
  const box = boxOf(keeping(kept), room);
  await vi.runAllTimersAsync();
  box.set({ text: 'halv' });
  box.reply(message);
  await vi.runAllTimersAsync();
  const next = keeping(kept);
  const again = boxOf(next, room);
  expect(unsent(next)).toBe(false);
  await vi.runAllTimersAsync();
  expect(again.get()).toMatchObject({ text: 'halv', quote: { id: 'm_a', pid: 'p_a', text: 'Hej du' }, editing: null });
  expect(unsent(next)).toBe(true);
});

it('leaves alone what has been written meanwhile, and what it does not understand', async () => {
  const kept = { text: JSON.stringify([[room, { text: 'gammalt', named: [], quote: null }], 'x', [1, {}]]) };
  const box = boxOf(keeping(kept), room);
  box.set({ text: 'nytt' });
  await vi.runAllTimersAsync();
  expect(box.get().text).toBe('nytt');
  const broken = boxOf(keeping({ text: '{' }), room);
  await vi.runAllTimersAsync();
  expect(broken.get().text).toBe('');
});

it('goes back to what was written before when a change is given up, and keeps that', async () => {
  const kept = { text: null };
  const box = boxOf(keeping(kept), room);
  await vi.runAllTimersAsync();
  box.set({ text: 'eget' });
  box.edit(message, []);
  expect(box.get().text).toBe('Hej **du**');
  await vi.runAllTimersAsync();
  expect(kept.text).toContain('eget');
  expect(kept.text).not.toContain('Hej');
  box.cancel();
  expect(box.get().text).toBe('eget');
});
