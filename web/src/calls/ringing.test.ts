import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Refusal } from '../doors/refusal';
import type { Message, MsgId, Pid, Room, RoomId, Session, Timeline } from '../session/api';
import { Signal } from '../session/signal';
import { PATIENCE_MS, Ringing } from './ringing';

const ROOM = { id: 'r_a' as RoomId } as Room;
const BO = { pid: 'p_bo' as Pid, name: 'Bo', department: '', title: '', status: '' };
type State = NonNullable<Message['call']>['state'];

/** A session whose one room says of each ring what the test says. */
function play(earlier: readonly Message[] = []) {
  const timeline = new Signal({ messages: [] as readonly Message[] } as Timeline);
  const heard = new Set<(message: Message, room: Room, live: boolean) => void>();
  const said: string[] = [];
  const open = { rooms: 0 };
  let rung = 0;
  const outcome = { ring: null as Refusal | null };
  const session = {
    me: { ...BO, pid: 'p_me' as Pid },
    events: {
      onMessage: (listener: (message: Message, room: Room, live: boolean) => void) => {
        heard.add(listener);
        return () => heard.delete(listener);
      },
    },
    openRoom: () => {
      open.rooms += 1;
      return { timeline, discard: () => Promise.resolve(), close: () => { open.rooms -= 1; } };
    },
    calls: {
      list: () => Promise.resolve(earlier),
      ring: () => (outcome.ring === null ? Promise.resolve(`m_own${++rung}` as MsgId) : Promise.reject(outcome.ring)),
      say: (_: RoomId, ring: MsgId, word: string) => {
        said.push(`${ring} ${word}`);
        return Promise.resolve();
      },
    },
  } as unknown as Session;
  const call = (id: string, state: State, extra: Partial<Message> = {}): Message =>
    ({ id: id as MsgId, room: ROOM.id, author: BO, mine: false, kind: 'call', sentAt: Date.now(), state: 'sent', call: { state }, ...extra }) as Message;
  return {
    said, open, outcome, ringing: new Ringing(session), heard,
    comes: (id: string, live = true, extra: Partial<Message> = {}) => {
      for (const one of heard) one(call(id, 'ringing', extra), ROOM, live);
    },
    tells: (id: string, state: State, extra: Partial<Message> = {}) => {
      timeline.set({ messages: [call(id, state, extra)] } as unknown as Timeline);
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const states = ({ ringing }: ReturnType<typeof play>): string[] => ringing.rings.get().map(({ id, state }) => `${id} ${state}`);

test('a call rings until it is answered somewhere, and leaves nothing open', () => {
  const stage = play();
  stage.comes('m_1');
  stage.comes('m_1');
  expect(states(stage)).toEqual(['m_1 ringing']);
  expect(stage.open.rooms).toBe(1);
  stage.tells('m_1', 'answered');
  expect(states(stage)).toEqual([]);
  expect(stage.open.rooms).toBe(0);
  vi.advanceTimersByTime(120_000);
  expect(stage.said).toEqual([]);
});

test('declined on another device it goes; given up by the caller it is missed, until that was seen', () => {
  const stage = play();
  stage.comes('m_1');
  stage.tells('m_1', 'declined');
  expect(states(stage)).toEqual([]);
  stage.comes('m_2');
  stage.tells('m_2', 'cancelled');
  expect(states(stage)).toEqual(['m_2 missed']);
  stage.ringing.drop('m_2' as MsgId);
  expect(states(stage)).toEqual([]);
});

test('a caller who says nothing more is not waited for, and what is no live ring does not ring', () => {
  const stage = play();
  stage.comes('m_1', false);
  stage.comes('m_2', true, { kind: 'text' });
  stage.comes('m_3', true, { call: { state: 'answered' } });
  expect(states(stage)).toEqual([]);
  stage.comes('m_4');
  vi.advanceTimersByTime(59_000);
  expect(states(stage)).toEqual(['m_4 ringing']);
  vi.advanceTimersByTime(2_000);
  expect(states(stage)).toEqual(['m_4 missed']);
  expect(stage.said).toEqual([]);
});

test('what rang while the page was loading rings too, what is over does not', async () => {
  const one = { room: ROOM.id, author: BO, mine: false, kind: 'call', sentAt: Date.now() - 5_000, state: 'sent' } as Message;
  const rings = { ...one, id: 'm_1' as MsgId, call: { state: 'ringing' } } as Message;
  const stage = play([rings, { ...rings, id: 'm_2' as MsgId, call: { state: 'answered' } }, { ...rings, id: 'm_3' as MsgId, mine: true }, { ...rings, id: 'm_4' as MsgId, sentAt: 0 }]);
  await vi.advanceTimersByTimeAsync(0);
  expect(states(stage)).toEqual(['m_1 ringing']);
  stage.comes('m_1');
  expect(states(stage)).toEqual(['m_1 ringing']);
});

test('taking and declining are said once, and the card goes at once', () => {
  const stage = play();
  stage.comes('m_1');
  stage.comes('m_2');
  stage.ringing.take('m_1' as MsgId, 'answered');
  stage.ringing.take('m_2' as MsgId, 'declined');
  expect(states(stage)).toEqual([]);
  expect(stage.said).toEqual(['m_1 answered', 'm_2 declined']);
});

test('who calls hears how it went: answered, declined, nobody', async () => {
  const stage = play();
  const ended: string[] = [];
  stage.ringing.over.subscribe(() => ended.push(stage.ringing.over.get()?.how ?? ''));
  await stage.ringing.call(ROOM);
  expect(states(stage)).toEqual(['m_own1 ringing']);
  stage.tells('m_own1', 'answered', { mine: true });
  expect(states(stage)).toEqual([]);

  await stage.ringing.call(ROOM);
  stage.tells('m_own2', 'declined', { mine: true });
  expect(states(stage)).toEqual(['m_own2 declined']);
  vi.advanceTimersByTime(10_000);
  expect(states(stage)).toEqual([]);

  await stage.ringing.call(ROOM);
  vi.advanceTimersByTime(PATIENCE_MS);
  expect(stage.said).toEqual(['m_own3 missed']);
  expect(states(stage)).toEqual(['m_own3 missed']);
  expect(ended).toEqual(['answered', 'declined', 'missed']);
  stage.ringing.drop('m_own3' as MsgId);
  expect(stage.open.rooms).toBe(0);
});

test('giving up is said; a call that could not be made, or was refused on its way, is told', async () => {
  const stage = play();
  await stage.ringing.call(ROOM);
  stage.ringing.cancel('m_own1' as MsgId);
  expect(stage.said).toEqual(['m_own1 cancelled']);
  expect(states(stage)).toEqual([]);
  stage.outcome.ring = new Refusal('relay_away');
  await stage.ringing.call(ROOM);
  expect(stage.ringing.failure.get()).toBe(stage.outcome.ring);
  stage.outcome.ring = null;
  await stage.ringing.call(ROOM);
  expect(stage.ringing.failure.get()).toBeUndefined();
  stage.tells('m_own2', 'ringing', { mine: true, state: 'draft' });
  expect(states(stage)).toEqual(['m_own2 failed']);
});

test('the end closes everything', async () => {
  const stage = play();
  stage.comes('m_1');
  await stage.ringing.call(ROOM);
  stage.ringing.close();
  expect([stage.open.rooms, stage.heard.size, states(stage).length]).toEqual([0, 0, 0]);
});
