/** What waits is folded before it goes: what nobody has yet is not changed by a second envelope. */
import { expect, test } from 'vitest';
import { DELETION, EDIT, MESSAGE, REACTION } from '../wire/envelope';
import type { MsgId, RoomId } from '../wire/ids';
import type { Waiting } from './outbox';
import { plan } from './queue';

const item = (id: string, kind: number, said: Waiting['said'], more: Partial<Waiting> = {}): Waiting => ({
  id: id as MsgId, room: 'r' as RoomId, order: 0, written: 0, kind, thread: null, ref: null, said, reason: null, pos: null, ...more,
});
const message = item('m1', MESSAGE, { t: 'en' });
const edit = (id: string, t: string, more: Partial<Waiting> = {}) => item(id, EDIT, { t }, { ref: 'm1' as MsgId, ...more });
const react = (id: string, x: boolean, e = '👍') => item(id, REACTION, { e, x }, { ref: 'm1' as MsgId });
const remove = item('m9', DELETION, {}, { ref: 'm1' as MsgId });

/** `drop` by id, and what the changed one says. */
function planned(queue: readonly Waiting[], tried: readonly Waiting[] = [], next = queue[0]): [string[], string | undefined] {
  if (next === undefined) throw new Error('nothing waits');
  const { drop, change } = plan(next, queue, (one) => tried.includes(one));
  return [drop.map(({ id }) => id), change?.said.t];
}

test('a message that nobody has yet says what it was changed to last', () => {
  expect(planned([message, edit('m2', 'två'), react('m3', false), edit('m4', 'tre')])).toEqual([['m2', 'm4'], 'tre']);
  expect(planned([message, react('m3', false)])).toEqual([[], undefined]);
});

test('one that relay may have goes as it was, and is changed by an envelope of its own', () => {
  expect(planned([message, edit('m2', 'två')], [message])).toEqual([[], undefined]);
  expect(planned([message, remove], [message])).toEqual([[], undefined]);
});

test('one that was taken back does not go, nor does what is about it', () => {
  expect(planned([message, edit('m2', 'två'), react('m3', false), remove])).toEqual([['m1', 'm2', 'm3', 'm9'], undefined]);
});

test('of several changes of a message that relay has only the last goes; none where it is deleted', () => {
  expect(planned([edit('m2', 'två'), edit('m3', 'tre')])).toEqual([['m2'], undefined]);
  expect(planned([edit('m2', 'två'), remove])).toEqual([['m2'], undefined]);
  expect(planned([react('m2', false), remove])).toEqual([['m2'], undefined]);
  expect(planned([edit('m3', 'tre')])).toEqual([[], undefined]);
  expect(planned([edit('m2', 'två'), edit('m3', 'tre')], [edit('m2', 'två')])[0]).toEqual(['m2']);
});

test('a change that was refused is over with the next one', () => {
  const refused = edit('m2', 'två', { reason: 'not_allowed' });
  expect(planned([refused, edit('m3', 'tre')], [], edit('m3', 'tre'))).toEqual([['m2'], undefined]);
});

test('an emoji put and taken back is nothing; otherwise the last word goes', () => {
  expect(planned([react('m2', false), react('m3', true)])).toEqual([['m2', 'm3'], undefined]);
  expect(planned([react('m2', false), react('m3', true), react('m4', false)])).toEqual([['m2', 'm3'], undefined]);
  expect(planned([react('m2', false), react('m3', true, '🎉')])).toEqual([[], undefined]);
  // Two tabs put it at the same time.
  expect(planned([react('m2', false), react('m3', false)])).toEqual([['m2'], undefined]);
});

test('what is about a draft changes the draft', () => {
  const draft = { ...message, reason: 'not_a_member' };
  expect(planned([draft, edit('m2', 'två')], [draft], edit('m2', 'två'))).toEqual([['m2'], 'två']);
  expect(planned([draft, remove], [draft], remove)).toEqual([['m1', 'm9'], undefined]);
  expect(planned([draft, react('m3', false)], [draft], react('m3', false))).toEqual([['m3'], undefined]);
});
