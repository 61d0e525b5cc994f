/** A run of envelopes: what its numbers say, in whichever pieces it comes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EnvelopeHead } from '../wire/envelope';
import type { Dev, KeyId, MsgId, Pid, RoomId, TenantId } from '../wire/ids';
import type { Opening } from './api';
import { Window } from './window';

function row(pos: number, dev: string, seq: number, id = `m${String(pos)}`, opening: Opening = 'opened') {
  const head: EnvelopeHead = {
    tenant: 't' as TenantId, room: 'r' as RoomId, keyId: 'k' as KeyId, epoch: 1, pid: 'p' as Pid, dev: dev as Dev, seq, msgId: id as MsgId, kind: 1, flags: 0,
    thread: null, ref: null, sentAt: 0,
  };
  return { pos, env: new Uint8Array([pos]), result: { head, opening, said: null } };
}

const shape = ({ rows, gaps, more }: Window) => [rows.map(({ pos, opening }) => (opening === 'opened' ? pos : -pos)), gaps, more];

test('a number left out is a gap, one that stands twice is a replay', () => {
  const window = new Window();
  window.add([row(5, 'a', 3), row(6, 'b', 1), row(7, 'a', 5), row(8, 'a', 5), row(9, 'b', 2, 'm6'), row(10, 'b', 2, 'm10')], 'above');
  expect(shape(window)).toEqual([[5, 6, 7, -8, -9, 10], [7], true]);
});

test('from the beginning on every device begins at 1', () => {
  const window = new Window();
  window.add([row(2, 'a', 2), row(3, 'b', 3)], 'above');
  expect(window.gaps).toEqual([]);
  window.add([row(1, 'a', 1)], 'below');
  expect(shape(window)).toEqual([[1, 2, 3], [3], false]);
});

test('pieces from either end come to the same as the whole', () => {
  fc.assert(fc.property(fc.array(fc.record({ dev: fc.constantFrom('a', 'b'), skip: fc.nat({ max: 1 }) }), { minLength: 2, maxLength: 30 }), fc.nat(), (list, seed) => {
    const last: Record<string, number> = {};
    const all = list.map(({ dev, skip }, at) => row(at + 10, dev, (last[dev] = (last[dev] ?? 5) + 1 + skip)));
    const whole = new Window();
    whole.add(all, 'above');
    const from = seed % all.length;
    const pieces = new Window();
    pieces.add(all.slice(from, from + 1), 'above');
    pieces.add(all.slice(0, from), 'below');
    for (const one of all.slice(from + 1)) pieces.add([one], 'above');
    expect(shape(pieces)).toEqual(shape(whole));
  }));
});

test('what is cut off leaves the rest as it is, and something to load', () => {
  const window = new Window();
  window.add(Array.from({ length: 10 }, (_, at) => row(at + 1, 'a', at + 1)), 'above');
  expect(window.trim(3, 'below').map(({ pos }) => pos)).toEqual([1, 2, 3]);
  expect(window.trim(2, 'above').map(({ pos }) => pos)).toEqual([9, 10]);
  expect([window.bottom, window.top, window.more, window.has('m2' as MsgId), window.has('m5' as MsgId)]).toEqual([4, 8, true, false, true]);
  window.add([row(9, 'a', 9)], 'above');
  expect(shape(window)).toEqual([[4, 5, 6, 7, 8, 9], [], true]);
});

test('another envelope at a place that was seen is noticed, with and without holes', () => {
  const window = new Window();
  window.add([row(4, 'a', 1), row(5, 'a', 2), row(8, 'a', 3)], 'above');
  expect([window.differs(5, new Uint8Array([5])), window.differs(5, new Uint8Array([6])), window.differs(8, new Uint8Array([1])), window.differs(5, undefined)]).toEqual([false, true, true, true]);
  expect([window.differs(6, new Uint8Array([6])), window.differs(99, new Uint8Array([6]))]).toEqual([false, false]);
});
