/** Relay's word until now, as a tab that comes later hears it. */
import { expect, test } from 'vitest';
import { aadOf, bodyOf, MESSAGE } from '../../wire/envelope';
import { b64, utf8, type Bytes } from '../../wire/bytes';
import { newId } from '../../wire/ids';
import { TYP, type Welcome } from '../../wire/types';
import { Word } from './word';

const me = newId('p');
const room = newId('r');
const head = { pos: 3, version: 2, members: 'A'.repeat(43), read: 2, unread: 1 };
const first: Welcome = { v: 1, now: Date.now() + 5_000, rooms: { [room]: head }, meetings: {} };

function envelope(pid: string, kind = MESSAGE): Bytes {
  const aad = aadOf({
    tenant: newId('t'), room, keyId: newId('k'), epoch: 1, pid: pid as typeof me, dev: newId('d'), seq: 1, msgId: newId('m'), kind, flags: 0,
    thread: null, ref: null, sentAt: 1,
  });
  const body = bodyOf(aad, new Uint8Array(40).fill(40), new Uint8Array(16));
  return new Uint8Array([...body, ...new Uint8Array(64)]);
}

function roster(of: string, version: number): string {
  const payload = {
    tenant: newId('t'), room: of, version, prev: 'A'.repeat(43), epoch: { n: 1, key_id: newId('k'), kc: 'A'.repeat(43) },
    policy: { kind: 'group', history: 'open', post: 'member' }, at: 1, add: [], remove: [], out: [], role: [],
  };
  return [{ alg: 'Ed25519', typ: TYP.Roster, kid: 'x' }, payload].map((part) => b64(utf8(JSON.stringify(part)))).join('.') + `.${'A'.repeat(86)}`;
}

test('messages of others count as unread, until they are read; what was counted is not counted again', () => {
  const word = new Word(first, me);
  word.take({ kind: 'Batch', body: { room, pos: 3, env: [envelope(newId('p')), envelope(newId('p')), envelope(me), envelope(newId('p'), 3)] } });
  expect(word.welcome().rooms[room]).toMatchObject({ pos: 6, read: 2, unread: 2 });
  word.take({ kind: 'ReadIs', body: { room, pid: newId('p'), pos: 6 } });
  expect(word.welcome().rooms[room]).toMatchObject({ read: 2, unread: 2 });
  word.take({ kind: 'ReadIs', body: { room, pid: me, pos: 6 } });
  expect(word.welcome().rooms[room]).toMatchObject({ read: 6, unread: 0 });
});

test('a roster, short or long, moves the claim forward, and makes a new room known', () => {
  const word = new Word(first, me);
  const members = `${'b'.repeat(42)}A`;
  word.take({ kind: 'RosterIs', body: { jws: roster(room, 3), members } });
  expect(word.welcome().rooms[room]).toMatchObject({ version: 3, members, pos: 3 });
  word.take({ kind: 'RosterIs', body: { jws: roster(room, 2), members: `${'c'.repeat(42)}A` } });
  word.take({ kind: 'RosterIs', body: { jws: 'nonsense', members: `${'c'.repeat(42)}A` } });
  expect(word.welcome().rooms[room]).toMatchObject({ version: 3, members });
  const other = newId('r');
  word.take({ kind: 'RosterAt', body: { room: other, version: 1, members } });
  expect(word.welcome().rooms[other]).toEqual({ pos: 0, version: 1, members, read: 0, unread: 0 });
});

test('a meeting begins and ends; relay\'s clock goes on; what was told before stays as it was', () => {
  const word = new Word(first, me);
  const meeting = { room, meeting: newId('c'), present: [] };
  word.take({ kind: 'Meeting', body: meeting });
  expect(word.welcome().meetings).toEqual({ [room]: meeting });
  word.take({ kind: 'Meeting', body: { room, meeting: null, present: [] } });
  expect(word.welcome().meetings).toEqual({});
  word.take({ kind: 'Pong', body: { now: Date.now() - 60_000 } });
  expect(word.welcome().now).toBeLessThan(Date.now() - 50_000);
  expect(first.rooms[room]).toEqual(head);
});
