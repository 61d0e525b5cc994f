import { expect, test } from 'vitest';

import type { Message, Room, RoomId } from '../session/api';
import { badge } from './badge';
import { mayRing, worth, type Situation } from './decide';

const room = { id: 'r_a' as RoomId, notify: 'all', archived: false, unread: 3, mentions: 1 } as Room;
const message = { mine: false, kind: 'text', deleted: null, mentionsMe: false } as Message;
const mention = { ...message, mentionsMe: true };
const open: Situation = {
  settings: { desktop: true, sound: true, quiet: null, quiet_until: null, zone: '' },
  now: 1_800_000_000_000,
  inView: new Set(),
  inMeeting: false,
};
const both = { notice: true, sound: true };
const nothing = { notice: false, sound: false };

test('what others write is told, by what the person chose for the room', () => {
  expect(worth(message, room, open)).toEqual(both);
  expect(worth(message, { ...room, notify: 'mentions' }, open)).toEqual(nothing);
  expect(worth(mention, { ...room, notify: 'mentions' }, open)).toEqual(both);
  expect(worth(mention, { ...room, notify: 'none' }, open)).toEqual(nothing);
  expect(worth(message, { ...room, archived: true }, open)).toEqual(nothing);
});

test('nothing is told of oneself, of what is gone, of a call, of what is in front of the person, or in quiet hours', () => {
  expect(worth({ ...mention, mine: true }, room, open)).toEqual(nothing);
  expect(worth({ ...message, deleted: 'author' }, room, open)).toEqual(nothing);
  expect(worth({ ...message, kind: 'call' }, room, open)).toEqual(nothing);
  expect(worth(mention, room, { ...open, inView: new Set([room.id]) })).toEqual(nothing);
  expect(worth(message, room, { ...open, inView: new Set(['r_b' as RoomId]) })).toEqual(both);
  expect(worth(mention, room, { ...open, settings: { ...open.settings, quiet_until: 1_800_000_001 } })).toEqual(nothing);
});

test('notices and sound go by themselves, and nothing sounds over a meeting', () => {
  expect(worth(message, room, { ...open, settings: { ...open.settings, desktop: false } })).toEqual({ notice: false, sound: true });
  expect(worth(message, room, { ...open, settings: { ...open.settings, sound: false } })).toEqual({ notice: true, sound: false });
  expect(worth(message, room, { ...open, inMeeting: true })).toEqual({ notice: true, sound: false });
});

test('a call is heard unless the person is in a meeting, wants quiet or muted the room', () => {
  expect(mayRing(room, open)).toBe(true);
  expect(mayRing({ ...room, notify: 'mentions' }, open)).toBe(true);
  expect(mayRing({ ...room, notify: 'none' }, open)).toBe(false);
  expect(mayRing(room, { ...open, inMeeting: true })).toBe(false);
  expect(mayRing(room, { ...open, settings: { ...open.settings, sound: false } })).toBe(false);
  expect(mayRing(room, { ...open, settings: { ...open.settings, quiet_until: 1_800_000_001 } })).toBe(false);
});

test('the badge counts what the person wants to be told of', () => {
  expect(badge([room, { ...room, notify: 'mentions' }, { ...room, notify: 'none' }, { ...room, archived: true }])).toBe(4);
});
