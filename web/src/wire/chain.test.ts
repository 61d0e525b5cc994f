/** Who led a room: a device that began from a snapshot comes to the same as one that followed the whole chain. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apply, begin, emptyState, wasLeader, withPast, type RoomState } from './chain';
import type { KeyId, Pid, RoomId, TenantId } from './ids';
import type { MemberEntry, Past, Role, Roster } from './types';

const [TENANT, ROOM] = ['t' as TenantId, 'r' as RoomId];
const PEOPLE = ['a', 'b', 'c'] as Pid[];
const ROLES: readonly Role[] = ['owner', 'moderator', 'member'];

function sure<T>(value: T | null | undefined): T {
  if (value == null) throw new Error('absent');
  return value;
}

const at = <T>(list: readonly T[], place: number): T => sure(list[place]);

const step = fc.record({ who: fc.nat({ max: 2 }), role: fc.nat({ max: 2 }), leaves: fc.boolean(), turns: fc.boolean() });

/** The whole chain's states, and the statement that leads to each. */
async function followed(steps: readonly { who: number; role: number; leaves: boolean; turns: boolean }[]): Promise<[RoomState, Roster][]> {
  const states: [RoomState, Roster][] = [];
  let state = emptyState(TENANT, ROOM);
  for (const { who, role, leaves, turns } of [{ who: 0, role: 0, leaves: false, turns: true }, ...steps]) {
    const pid = at(PEOPLE, who);
    const entry: MemberEntry = { pid, role: at(ROLES, role), until: null };
    const there = Object.hasOwn(state.members, pid);
    const n = Math.max(1, state.epoch + (turns ? 1 : 0));
    const roster: Roster = {
      tenant: TENANT, room: ROOM, version: state.version + 1, prev: state.head, epoch: { n, key_id: `k${String(n)}` as KeyId, kc: `kc${String(n)}` },
      add: there ? [] : [entry], remove: there && leaves ? [pid] : [], out: [], role: there && !leaves ? [entry] : [],
      policy: { kind: 'group', history: 'open', post: 'member' } as never, at: 0, members: null,
    };
    state = await apply(state, roster, `digest ${String(roster.version)}`);
    states.push([state, { ...roster, members: state.hashes[roster.version] ?? null }]);
  }
  return states;
}

test('whoever led in an epoch did so for both, whenever home tells what was before', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 25 }), fc.nat(), fc.nat(), async (steps, place, later) => {
    const states = await followed(steps);
    const base = place % states.length;
    const [from] = at(states, base);
    const past: Past = { tenant: TENANT, room: ROOM, version: from.version, epochs: [], members: [], led: Object.entries(from.led).map(([pid, spans]) => ({ pid: pid as Pid, spans: [...spans] as [number, number | null][] })) };
    const epoch = { n: from.epoch, key_id: sure(from.keys[from.epoch]).keyId, kc: sure(from.keys[from.epoch]).kc };
    let state = begin(TENANT, ROOM, { tenant: TENANT, room: ROOM, version: from.version, prev: from.head, epoch, policy: sure(from.policy), count: from.count, members_hash: sure(from.hashes[from.version]), at: 0 });
    const told = base + (later % (states.length - base));
    for (let next = base; next < states.length; next += 1) {
      if (next > base) state = await apply(state, at(states, next)[1], `digest ${String(next + 1)}`);
      const whole = at(states, next)[0];
      if (next < told) for (const pid of PEOPLE) expect(['ask', wasLeader(whole, pid, whole.epoch)]).toContain(wasLeader(state, pid, whole.epoch));
      if (next === told) state = withPast(state, past);
      if (next < told) continue;
      for (const pid of PEOPLE) for (let n = 1; n <= whole.epoch; n += 1) expect([pid, n, wasLeader(state, pid, n)]).toEqual([pid, n, wasLeader(whole, pid, n)]);
    }
  }), { numRuns: 150 });
});

test('what home cannot have said of leaders is refused', () => {
  const state = begin(TENANT, ROOM, { tenant: TENANT, room: ROOM, version: 5, prev: 'x', epoch: { n: 3, key_id: 'k' as KeyId, kc: 'c' }, policy: null as never, count: 1, members_hash: 'h', at: 0 });
  const said = (spans: [number, number | null][]): Past => ({ tenant: TENANT, room: ROOM, version: 5, epochs: [], members: [], led: [{ pid: at(PEOPLE, 0), spans }] });
  expect(wasLeader(withPast(state, said([[1, 2]])), at(PEOPLE, 0), 2)).toBe('yes');
  for (const spans of [[[4, null]], [[0, 1]], [[1, null], [2, 3]], [[1, 9]]] as [number, number | null][][]) expect(() => withPast(state, said(spans))).toThrow('past');
});

test('a role ends with the epoch before the roster that ends it, and begins with that roster’s own', async () => {
  const join = { who: 1, role: 2, leaves: false, turns: false };
  const [state] = at((await followed([join, { ...join, role: 1, turns: true }, { ...join, role: 2, turns: true }])).slice(-1), 0);
  expect([1, 2, 3].map((epoch) => wasLeader(state, at(PEOPLE, 1), epoch))).toEqual(['no', 'yes', 'no']);
});
