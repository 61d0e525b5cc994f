/** Which pages of history are those that were asked for. */
import { expect, test } from 'vitest';
import type { RoomId } from '../wire/ids';
import type { Page } from '../wire/types';
import { fits, type Ask } from './page';

const room = 'r_aaaaaaaaaaaaaaaaaaaaaaaaaa' as RoomId;
const env = new Uint8Array(1);
const page = (pos: number[], extra: Partial<Page> = {}): Page => ({ re: 1, room, pos, env: pos.map(() => env), more: false, ...extra });
const ask = (extra: Partial<Ask> = {}): Ask => ({ room, before: null, after: null, limit: 3, ...extra });

test.each<[string, Page, Ask]>([
  ['the newest', page([7, 8, 9], { more: true }), ask()],
  ['a hole', page([7, 9]), ask()],
  ['nothing', page([]), ask({ after: 9 })],
  ['later ones', page([5, 6]), ask({ after: 4 })],
  ['earlier ones', page([2, 3]), ask({ before: 4 })],
])('%s', (_, given, asked) => {
  expect(fits(given, asked)).toBe(true);
});

test.each<[string, Page, Ask]>([
  ['of another room', page([1], { room: 'r_baaaaaaaaaaaaaaaaaaaaaaaae' as RoomId }), ask()],
  ['more than asked for', page([1, 2, 3, 4]), ask()],
  ['not later', page([4, 5]), ask({ after: 4 })],
  ['not earlier', page([3, 4]), ask({ before: 4 })],
  ['out of order', page([2, 1]), ask()],
  ['the same twice', page([2, 2]), ask()],
  ['at no place', page([0]), ask()],
  ['without an end', page([], { more: true }), ask({ after: 4 })],
  ['places without envelopes', page([1], { env: [] }), ask()],
])('refused: %s', (_, given, asked) => {
  expect(fits(given, asked)).toBe(false);
});
