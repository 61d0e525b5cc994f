/** A tab that follows: through whom, for how long, and what becomes of its requests. */
import { beforeEach, expect, test, vi } from 'vitest';
import { newId } from '../../wire/ids';
import { Following } from './following';
import { messageOf, type TabMessage, type TabWord } from './messages';

const room = newId('r');
const welcome = { v: 1, now: 0, rooms: {}, meetings: {} };
let said: TabWord[];
let told: string[];
let tab: Following;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  told = [];
  tab = new Following('me', {
    say: (word) => said.push(word),
    found: () => told.push('found'),
    up: () => told.push('up'),
    frame: ({ kind }) => told.push(kind),
    down: (replaced) => told.push(replaced ? 'replaced' : 'down'),
    silent: () => told.push('silent'),
  });
});

function lead(from: string, term: number, up = true, to: string | null = null): TabMessage {
  return { k: 'lead', from, to, term, replaced: false, welcome: up ? welcome : null, waiting: [] };
}

test('a leader that answers is left alone; after three silences it is not', () => {
  tab.start();
  tab.receive(lead('one', 1));
  expect(told).toEqual(['up', 'found']);
  for (let tick = 0; tick < 20; tick += 1) {
    vi.advanceTimersByTime(200);
    tab.receive({ k: 'pong', from: 'one', to: 'me' });
  }
  expect(told).toEqual(['up', 'found']);
  vi.advanceTimersByTime(600);
  expect(told).toEqual(['up', 'found']);
  vi.advanceTimersByTime(200);
  expect(told).toEqual(['up', 'found', 'silent']);
});

test('the latest leader counts, whatever an earlier one or a stranger says', () => {
  tab.start();
  tab.receive(lead('one', 1));
  tab.receive(lead('two', 2, false));
  tab.receive(lead('one', 1));
  expect(tab.leader).toBe('two');
  expect(tab.way).toBeNull();
  tab.receive(lead('two', 2));
  tab.receive({ k: 'frame', from: 'one', frame: { kind: 'Pong', body: { now: 1 } } });
  tab.receive({ k: 'frame', from: 'two', frame: { kind: 'TypingIs', body: { room, pid: newId('p') } } });
  tab.receive(lead('two', 2, true, 'another'));
  expect(told).toEqual(['up', 'found', 'down', 'found', 'up', 'TypingIs']);
});

test('requests get their own answer; those of a leader that goes are refused, and its way leads nowhere', async () => {
  tab.start();
  tab.receive(lead('one', 1));
  const { way } = tab;
  const page = way?.ask('History', { room, before: null, after: null, limit: 1 });
  const last = way?.ask('Last', { room });
  const lost = way?.ask('Last', { room });
  expect(said.slice(1).map((word) => word.k === 'ask' && [word.to, word.ask.kind, word.re])).toEqual([['one', 'History', 1], ['one', 'Last', 2], ['one', 'Last', 3]]);
  tab.receive({ k: 'answer', from: 'one', to: 'another', re: 1, answer: { code: 'bad_request', retryAfter: null } });
  tab.receive({ k: 'answer', from: 'one', to: 'me', re: 1, answer: { page: { re: 9, room, pos: [], env: [], more: false } } });
  await expect(page).resolves.toMatchObject({ room });
  tab.receive({ k: 'answer', from: 'one', to: 'me', re: 2, answer: { code: 'rate_limited', retryAfter: 2 } });
  await expect(last).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 2 });
  tab.receive(lead('two', 2));
  await expect(lost).rejects.toMatchObject({ code: 'relay_away' });
  await expect(way?.ask('Last', { room })).rejects.toMatchObject({ code: 'relay_away' });
  expect(way?.send('Typing', { room })).toBe(false);
  expect(tab.way?.send('Typing', { room })).toBe(true);
});

test('what is no message of a tab is nothing', () => {
  const id = newId('m');
  const good: TabMessage[] = [
    lead('one', 1), { k: 'ping', from: 'a', term: 0 }, { k: 'over', from: 'a', how: 'revoked' }, { k: 'wish', from: 'a', to: 'b', wish: 'retry', id },
    { k: 'note', from: 'a', note: { id, room, reason: null, pos: 4, gone: false } },
    { k: 'tell', from: 'a', to: 'b', tell: { kind: 'Read', body: { room, pos: 1 } } },
    { k: 'ask', from: 'a', to: 'b', re: 1, ask: { kind: 'History', body: { room, before: null, after: 3, limit: 50 } } },
    { k: 'offer', from: 'a', entries: [{ id, room, order: 0, written: 1.5, sealed: new Uint8Array(3), reason: null }] },
  ];
  for (const message of good) expect(messageOf(structuredClone(message)), message.k).toEqual(message);
  const bad: unknown[] = [
    null, 'signed_out', [], { k: 'ping', term: 0 }, { k: 'ping', from: 'a', term: -1 }, { k: 'constructor', from: 'a' }, { k: 'over', from: 'a', how: 'x' },
    { k: 'wish', from: 'a', to: 'b', wish: 'send', id }, { k: 'wish', from: 'a', to: 'b', wish: 'retry', id: room },
    { ...lead('one', 1), welcome: { v: 1 } }, { ...lead('one', 1), waiting: [{ id }] },
    { k: 'frame', from: 'a', frame: { kind: 'Sent', body: {} } }, { k: 'frame', from: 'a', frame: { kind: 'Pong', body: {} } },
    { k: 'tell', from: 'a', to: 'b', tell: { kind: 'Send', body: { room } } }, { k: 'tell', from: 'a', to: 'b', tell: { kind: 'Read', body: { room } } },
    { k: 'ask', from: 'a', to: 'b', re: 1, ask: { kind: 'History', body: { room, before: 'x', after: null, limit: 1 } } },
    { k: 'offer', from: 'a', entries: [{ id, room, order: 0, written: 1, sealed: 'text', reason: null }] },
    { k: 'answer', from: 'a', to: 'b', re: 1, answer: {} },
  ];
  for (const message of bad) expect(messageOf(message), JSON.stringify(message)).toBeNull();
});
