/** What is said about messages comes to the same in whatever order it comes, and only what may be said counts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CALL, DELETION, EDIT, MESSAGE, REACTION, type EnvelopeHead } from '../wire/envelope';
import type { Dev, KeyId, MsgId, Pid, RoomId, TenantId } from '../wire/ids';
import type { Content } from '../wire/types';
import type { Message } from './api';
import { Fold } from './fold';
import { messageOf, type Eyes } from './message';
import type { Result } from './opener';

const ROOM = 'r' as RoomId;
const PEOPLE = ['anna', 'bo', 'cleo', 'mod'] as unknown as readonly [Pid, Pid, Pid, Pid];
const [ANNA, BO, CLEO, MOD] = PEOPLE;
const EMPTY: Content = { v: 1, t: '', m: [], a: false, q: null, o: [], e: '', x: false, c: null };
/** `mod` led the room in epochs 2 and 3. */
const leads = (pid: Pid, epoch: number) => (pid === MOD && (epoch === 2 || epoch === 3) ? 'yes' : 'no');

interface One {
  readonly pos: number;
  readonly result: Result;
}

function one(pos: number, pid: Pid, kind: number, said: Partial<Content>, more: Partial<EnvelopeHead> = {}): One {
  const head: EnvelopeHead = {
    tenant: 't' as TenantId, room: ROOM, keyId: 'k' as KeyId, epoch: 1, pid, dev: `d-${pid}` as Dev, seq: pos, msgId: `m${String(pos)}` as MsgId, kind,
    flags: 0, thread: null, ref: null, sentAt: 1_000 + pos, ...more,
  };
  return { pos, result: { head, opening: 'opened', said: { ...EMPTY, ...said } } };
}

const says = (pos: number, pid: Pid, t: string, more: Partial<EnvelopeHead> = {}) => one(pos, pid, MESSAGE, { t }, more);
const about = (pos: number, pid: Pid, kind: number, ref: string, said: Partial<Content> = {}, epoch = 1) => one(pos, pid, kind, said, { ref: ref as MsgId, epoch });

function folded(list: readonly One[], facts: ConstructorParameters<typeof Fold>[0] = { me: ANNA, leads }): Fold {
  const fold = new Fold(facts);
  for (const { pos, result } of list) fold.put(pos, result);
  return fold;
}

const eyes: Eyes = {
  room: ROOM, me: ANNA, direct: false, members: 4, now: 10_000_000, person: (pid) => ({ pid, name: pid, department: '', title: '', status: '', statusUntil: null }) as never,
};

function view(fold: Fold, id: string, more: Partial<Eyes> = {}): Message | null {
  const line = fold.get(id as MsgId);
  return line === undefined ? null : messageOf(line, fold, [], { ...eyes, ...more });
}

test('an edit counts from the author alone, the last one by position', () => {
  const list = [says(1, ANNA, 'en'), about(2, BO, EDIT, 'm1', { t: 'förfalskat' }), about(4, ANNA, EDIT, 'm1', { t: 'tre' }), about(3, ANNA, EDIT, 'm1', { t: 'två' })];
  expect(view(folded(list), 'm1')).toMatchObject({ text: 'tre', edited: true });
  expect(view(folded(list.slice(0, 2)), 'm1')).toMatchObject({ text: 'en', edited: false });
});

test('a deletion counts from the author, and from who led the room in its epoch; the words are forgotten', () => {
  const message = says(1, BO, 'hemligt');
  const edit = about(2, BO, EDIT, 'm1', { t: 'också hemligt' });
  for (const [by, epoch, how] of [[BO, 1, 'author'], [MOD, 2, 'moderator'], [MOD, 1, null], [CLEO, 2, null]] as const) {
    const fold = folded([about(3, by, DELETION, 'm1', {}, epoch), edit, message]);
    expect(view(fold, 'm1')?.deleted).toBe(how);
    const kept = JSON.stringify([fold.get('m1' as MsgId)?.base, [...(fold.get('m1' as MsgId)?.edits.values() ?? [])]]);
    expect(kept.includes('hemligt')).toBe(how === null);
  }
});

test('what only home knows is undecided until it says', () => {
  let answer: 'ask' | 'yes' | 'no' = 'ask';
  const fold = folded([says(1, BO, 'hej'), about(2, MOD, DELETION, 'm1')], { me: ANNA, leads: () => answer });
  expect([view(fold, 'm1')?.deleted, fold.asks]).toEqual([null, true]);
  answer = 'yes';
  fold.decide();
  expect([view(fold, 'm1')?.deleted, fold.asks]).toEqual(['moderator', false]);
});

test('what a newer roster allows counts then', () => {
  let answer: 'no' | 'yes' = 'no';
  const fold = folded([says(1, BO, 'hej'), about(2, MOD, DELETION, 'm1'), one(3, MOD, MESSAGE, { a: true })], { me: ANNA, leads: () => answer });
  const look = () => [view(fold, 'm1')?.deleted, view(fold, 'm3', { members: 101 })?.mentionsMe, fold.asks];
  expect(look()).toEqual([null, false, false]);
  answer = 'yes';
  fold.decide();
  expect(look()).toEqual(['moderator', true, false]);
});

test('what refers to nothing, to what is no message, or is itself referred to, changes nothing', () => {
  const list = [
    says(1, ANNA, 'en'), about(2, ANNA, EDIT, 'm1', { t: 'två' }), about(3, ANNA, EDIT, 'm2', { t: 'om ändringen' }), about(4, ANNA, EDIT, 'm99', { t: 'om inget' }),
    one(5, BO, CALL, { c: 'ring' }), about(6, BO, EDIT, 'm5', { t: 'ett samtal' }), about(7, MOD, DELETION, 'm5', {}, 2), about(8, BO, CALL, 'm1', { c: 'answered' }),
  ];
  const fold = folded(list);
  expect(view(fold, 'm1')).toMatchObject({ text: 'två', call: null });
  expect([view(fold, 'm2'), view(fold, 'm99')]).toEqual([null, null]);
  expect(view(fold, 'm5')).toMatchObject({ kind: 'call', text: '', edited: false, deleted: null });
});

test('a copy of an envelope at another place is a replay', () => {
  const on = about(2, BO, REACTION, 'm1', { e: '👍' });
  const off = about(3, BO, REACTION, 'm1', { e: '👍', x: true });
  expect(view(folded([says(1, ANNA, 'en'), on, off, { ...on, pos: 9 }]), 'm1')?.reactions).toEqual([]);
});

test('everybody is mentioned by anybody in small rooms, by who leads them in large ones', () => {
  const list = [one(1, BO, MESSAGE, { a: true }), one(2, MOD, MESSAGE, { a: true }, { epoch: 3 }), one(3, BO, MESSAGE, { m: [ANNA] }), one(4, ANNA, MESSAGE, { m: [ANNA], a: true })];
  const mentions = (members: number) => list.map(({ pos }) => {
    const { mentionsAll, mentionsMe } = view(folded(list), `m${String(pos)}`, { members }) ?? {};
    return [mentionsAll, mentionsMe];
  });
  expect(mentions(100)).toEqual([[true, true], [true, true], [false, true], [true, false]]);
  expect(mentions(101)).toEqual([[false, false], [true, true], [false, true], [false, false]]);
});

test.each([
  ['nobody answers', [], 1_061_000, 'missed'],
  ['it rings', [], 1_060_000, 'ringing'],
  ['somebody answers', [about(2, ANNA, CALL, 'm1', { c: 'answered' }), about(3, BO, CALL, 'm1', { c: 'cancelled' })], 0, 'answered'],
  ['the caller gives up first', [about(2, BO, CALL, 'm1', { c: 'cancelled' }), about(3, ANNA, CALL, 'm1', { c: 'answered' })], 0, 'cancelled'],
  ['the caller answers their own call', [about(2, BO, CALL, 'm1', { c: 'answered' })], 0, 'ringing'],
  ['another one gives it up', [about(2, CLEO, CALL, 'm1', { c: 'cancelled' })], 0, 'ringing'],
  ['I decline', [about(2, ANNA, CALL, 'm1', { c: 'declined' })], 0, 'declined'],
  ['another one of the group declines', [about(2, CLEO, CALL, 'm1', { c: 'declined' })], 0, 'ringing'],
  ['one declines, another one answers', [about(2, ANNA, CALL, 'm1', { c: 'declined' }), about(3, CLEO, CALL, 'm1', { c: 'answered' })], 0, 'answered'],
  ['the caller says that nobody did', [about(2, BO, CALL, 'm1', { c: 'missed' })], 0, 'missed'],
] as const)('a call: %s', (_what, words, now, state) => {
  expect(view(folded([...words, one(1, BO, CALL, { c: 'ring' })]), 'm1', { now })?.call).toEqual({ state });
});

test('answers in a thread are counted on its root, without those that were deleted', () => {
  const inThread = { thread: 'm1' as MsgId };
  const list = [says(1, ANNA, 'rot'), says(2, BO, 'ett', inThread), says(3, CLEO, 'två', inThread), says(4, BO, 'tre', inThread), about(5, CLEO, DELETION, 'm3')];
  expect(view(folded(list.slice(0, 4)), 'm1')?.replies).toEqual({ count: 3, lastAt: 1_004_000, people: [BO, CLEO] });
  expect(view(folded(list), 'm1')?.replies).toEqual({ count: 2, lastAt: 1_004_000, people: [BO] });
});

const anyPid = fc.constantFrom(...PEOPLE);
const ref = fc.constantFrom('m1', 'm1', 'm2', 'm2', 'm3', 'm4', 'm77');
const thing = fc.oneof(
  fc.record({ pid: anyPid, kind: fc.constant(EDIT), ref, t: fc.string({ maxLength: 3 }) }),
  fc.record({ pid: anyPid, kind: fc.constant(REACTION), ref, e: fc.constantFrom('👍', '🎉'), x: fc.boolean() }),
  fc.record({ pid: anyPid, kind: fc.constant(DELETION), ref, epoch: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ pid: anyPid, kind: fc.constant(CALL), ref, c: fc.constantFrom('answered', 'declined', 'cancelled', 'missed') }),
  fc.record({ pid: anyPid, kind: fc.constant(MESSAGE), thread: ref }),
);

test('any order, with anything twice, comes to the same', () => {
  const bases = [says(1, ANNA, 'en'), says(2, BO, 'två'), one(3, BO, CALL, { c: 'ring' }), says(4, CLEO, 'svar', { thread: 'm2' as MsgId })];
  fc.assert(fc.property(fc.array(thing, { minLength: 30, maxLength: 80 }), fc.infiniteStream(fc.nat()), (things, dice) => {
    const list = [...bases, ...things.map((given, at): One => {
      const { pid, kind } = given;
      const head = { ...('ref' in given ? { ref: given.ref as MsgId } : {}), ...('thread' in given ? { thread: given.thread as MsgId } : {}), epoch: 'epoch' in given ? given.epoch : 1 };
      const { t = '', e = '', x = false, c = null } = given as Partial<Content>;
      return one(10 + at, pid, kind, { t, e, x, c }, head);
    })];
    const shuffled = [...list, ...list.slice(0, 5)].map((entry) => [dice.next().value ?? 0, entry] as const).sort(([a], [b]) => a - b).map(([, entry]) => entry);
    const [straight, mixed] = [folded(list), folded(shuffled)];
    for (const { pos } of list) expect(view(mixed, `m${String(pos)}`)).toEqual(view(straight, `m${String(pos)}`));
  }), { numRuns: 200 });
});

/** How much longer `work` takes for 16 times as much of the same, looked at after each: 16 where each costs the same, 256 where it costs all before it. */
function growth(work: (count: number) => void): number {
  const time = (count: number): number => {
    const began = performance.now();
    work(count);
    return performance.now() - began;
  };
  const small = Math.min(time(1_000), time(1_000), time(1_000));
  return time(16_000) / small;
}

test('thousands of reactions on one message cost no more each than the first ones', () => {
  const react = (count: number): void => {
    const fold = folded([says(1, ANNA, 'en')]);
    for (let at = 0; at < count; at += 1) {
      fold.put(2 + at, about(2 + at, `p${String(at)}` as Pid, REACTION, 'm1', { e: at % 7 === 0 ? '🎉' : '👍' }).result);
      view(fold, 'm1');
    }
    const [party, thumbs] = view(fold, 'm1')?.reactions ?? [];
    expect([(party?.count ?? 0) + (thumbs?.count ?? 0), thumbs?.people.length]).toEqual([count, 50]);
  };
  expect(growth(react)).toBeLessThan(80);
});

test('thousands of answers in a thread likewise', () => {
  const answer = (count: number): void => {
    const fold = folded([says(1, ANNA, 'rot')]);
    for (let at = 0; at < count; at += 1) {
      fold.put(2 + at, says(2 + at, `p${String(at % 300)}` as Pid, 'svar', { thread: 'm1' as MsgId }).result);
      view(fold, 'm1');
    }
    expect(view(fold, 'm1')?.replies).toMatchObject({ count, lastAt: 1_000_000 + (count + 1) * 1000 });
  };
  expect(growth(answer)).toBeLessThan(80);
});
