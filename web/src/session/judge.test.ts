/** What relay says of a room against the signed chain: every verdict. */
import { expect, test } from 'vitest';
import { emptyState, type RoomState } from '../wire/chain';
import type { RoomId, TenantId } from '../wire/ids';
import { judge } from './judge';

const state: RoomState = { ...emptyState('t' as TenantId, 'r' as RoomId), version: 3, hashes: { 2: 'two', 3: 'three' } };

test.each([
  ['the newest version', 3, { version: 3, members: 'three' }, null],
  ['an earlier one that home knows relay to have', 2, { version: 2, members: 'two' }, null],
  ['a member list that home did not sign', 3, { version: 3, members: 'two' }, 'relay_members_differ'],
  ['an edited list under an earlier version', 2, { version: 2, members: 'three' }, 'relay_members_differ'],
  ['less than relay acknowledged', 3, { version: 2, members: 'two' }, 'relay_rolled_back'],
  ['a room that relay forgot', 1, { version: 0, members: '' }, 'relay_rolled_back'],
  ['a version older than is remembered', 1, { version: 1, members: 'one' }, 'relay_rolled_back'],
  ['a room that relay does not know yet', 0, { version: 0, members: '' }, 'unknown_there'],
  ['a version that was not heard of', 3, { version: 4, members: 'four' }, 'ask_home'],
] as const)('%s', (_what, delivered, claim, verdict) => {
  expect(judge(state, delivered, claim)).toBe(verdict);
});
