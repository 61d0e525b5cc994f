/**
 * The roster chain as a state machine, by the same rules as home and relay (`samrum.wire.chain`). No input or output.
 *
 * A state that began from a snapshot (decision 14) knows neither the member list nor what lies before. It follows the chain all the same,
 * since each roster names the hash of the list; `withList` and `withPast` fill in what home gives when it is needed.
 */
import { b64, sha256, utf8 } from './bytes';
import type { KeyId, Pid, RoomId, TenantId } from './ids';
import type { MemberEntry, Past, Policy, Role, Roster, Snapshot } from './types';

/** 32 zero bytes as base64url: `prev` of a chain's first statement. */
export const FIRST = b64(new Uint8Array(32));

/** The statement does not follow from this state; `rule` says which rule, in a word. */
export class BadRoster extends Error {
  constructor(readonly rule: 'room' | 'version' | 'prev' | 'epoch' | 'remove' | 'role' | 'add' | 'members' | 'past') {
    super(`bad_roster ${rule}`);
    this.name = 'BadRoster';
  }
}

export interface ChainMember {
  readonly role: Role;
  /** s since 1970, or `null`: no end. */
  readonly until: number | null;
}

/** First and last epoch in which somebody was a member; `null`: still is. First 0: was a member at `base`, since when is not known. */
type Span = readonly [from: number, to: number | null];

/** What was said of a member before it left, or of one that nothing is known of. */
const NONE: readonly Span[] = [];

/** A room after roster `version` (0: nothing yet). Plain data: it is stored and sent between threads as it is. */
export interface RoomState {
  readonly tenant: TenantId;
  readonly room: RoomId;
  readonly version: number;
  /** Digest of that roster's JWS. */
  readonly head: string;
  readonly epoch: number;
  readonly policy: Policy | null;
  /** When the room was made: `at` of version 1, s since 1970. */
  readonly made: number;
  /** The version of the snapshot that this began from, and its epoch; 0: from the chain's beginning. */
  readonly base: number;
  readonly baseEpoch: number;
  readonly count: number;
  /** Whether `members` is the whole list; otherwise who was added or given a role since `base`. */
  readonly listed: boolean;
  readonly members: Readonly<Record<Pid, ChainMember>>;
  /** While the list is not whole: who was removed since `base`. */
  readonly gone: Readonly<Record<Pid, true>>;
  /** Of whom home has said what lies before `base`. */
  readonly told: Readonly<Record<Pid, true>>;
  /** Key id and commitment of every epoch since `base`, and of those before that were asked for. */
  readonly keys: Readonly<Record<number, { readonly keyId: KeyId; readonly kc: string }>>;
  readonly spans: Readonly<Record<Pid, readonly Span[]>>;
  /** First and last epoch in which somebody was owner or moderator. First 0: until then, if home says that it was so at `base`. */
  readonly led: Readonly<Record<Pid, readonly Span[]>>;
  /** Home has said who led before `base`. */
  readonly ledTold: boolean;
  /** Hash of the member list after each version: what relay must have said. */
  readonly hashes: Readonly<Record<number, string>>;
}

export function emptyState(tenant: TenantId, room: RoomId): RoomState {
  return {
    tenant, room, version: 0, head: FIRST, epoch: 0, policy: null, made: 0, base: 0, baseEpoch: 0, count: 0, listed: true, members: {},
    gone: {}, told: {}, keys: {}, spans: {}, led: {}, ledTold: false, hashes: {},
  };
}

/** The state of a verified snapshot. Throws {@link BadRoster} if it is another room's. */
export function begin(tenant: TenantId, room: RoomId, snapshot: Snapshot): RoomState {
  if (snapshot.tenant !== tenant || snapshot.room !== room) throw new BadRoster('room');
  const { version, prev, epoch, policy, count, members_hash: hash, at } = snapshot;
  return {
    ...emptyState(tenant, room), version, head: prev, epoch: epoch.n, policy, made: at, base: version, baseEpoch: epoch.n, count,
    listed: false, keys: { [epoch.n]: { keyId: epoch.key_id, kc: epoch.kc } }, hashes: { [version]: hash },
  };
}

/** The state after `roster`, whose verified JWS has `digest`. Throws {@link BadRoster} unless it follows. */
export async function apply(state: RoomState, roster: Roster, digest: string): Promise<RoomState> {
  if (roster.tenant !== state.tenant || roster.room !== state.room) throw new BadRoster('room');
  if (roster.version !== state.version + 1) throw new BadRoster('version');
  if (roster.prev !== state.head) throw new BadRoster('prev');
  checkEpoch(state, roster);
  const changed = change(state, roster);
  const hash = state.listed ? await membersHash(changed.members) : roster.members;
  if (hash === null || (roster.members !== null && roster.members !== hash)) throw new BadRoster('members');
  return {
    ...state,
    ...changed,
    version: roster.version,
    head: digest,
    epoch: roster.epoch.n,
    policy: roster.policy,
    made: roster.version === 1 ? roster.at : state.made,
    count: state.count + roster.add.length - roster.remove.length,
    keys: { ...state.keys, [roster.epoch.n]: { keyId: roster.epoch.key_id, kc: roster.epoch.kc } },
    hashes: { ...state.hashes, [roster.version]: hash },
  };
}

/** Members and spans after a roster. Where the list is not here, who is in it is home's word: the hash holds home to it. */
function change(state: RoomState, roster: Roster): Pick<RoomState, 'members' | 'gone' | 'spans' | 'led'> {
  const members: Record<Pid, ChainMember> = { ...state.members };
  const gone: Record<Pid, true> = { ...state.gone };
  const spans: Record<Pid, readonly Span[]> = { ...state.spans };
  const led: Record<Pid, readonly Span[]> = { ...state.led };
  const may = (pid: Pid): boolean => Object.hasOwn(members, pid) || (!state.listed && !Object.hasOwn(gone, pid));
  for (const pid of roster.remove) {
    if (!may(pid)) throw new BadRoster('remove');
    Reflect.deleteProperty(members, pid);
    if (!state.listed) gone[pid] = true;
    spans[pid] = ended(spans[pid] ?? NONE, state.epoch, Object.hasOwn(state.told, pid));
    led[pid] = leads(state, pid, false, state.epoch);
  }
  for (const entry of roster.role) {
    if (!may(entry.pid)) throw new BadRoster('role');
    members[entry.pid] = memberOf(entry);
    const now = isLeader(entry.role);
    led[entry.pid] = leads(state, entry.pid, now, now ? roster.epoch.n : state.epoch);
  }
  for (const entry of roster.add) {
    if (Object.hasOwn(members, entry.pid)) throw new BadRoster('add');
    members[entry.pid] = memberOf(entry);
    Reflect.deleteProperty(gone, entry.pid);
    spans[entry.pid] = [...(spans[entry.pid] ?? NONE), [roster.epoch.n, null]];
    if (isLeader(entry.role)) led[entry.pid] = [...(led[entry.pid] ?? NONE), [roster.epoch.n, null]];
  }
  return { members, gone, spans, led };
}

function isLeader(role: Role): boolean {
  return role === 'owner' || role === 'moderator';
}

/** When somebody was owner or moderator, after becoming one in an `epoch`, or being one in it for the last time. */
function leads(state: RoomState, pid: Pid, now: boolean, epoch: number): readonly Span[] {
  const led = state.led[pid] ?? NONE;
  const last = led.at(-1);
  if (now) return last?.[1] === null ? led : [...led, [epoch, null]];
  if (last?.[1] === null) return [...led.slice(0, -1), [last[0], epoch]];
  const unknown = state.base > 0 && led.length === 0 && !state.ledTold;
  return unknown ? [[0, epoch]] : led;
}

/** The spans of somebody who is removed in `epoch`: the last one ends, or one that began before `base`. */
function ended(spans: readonly Span[], epoch: number, told: boolean): readonly Span[] {
  const last = spans.at(-1);
  if (last?.[1] === null) return [...spans.slice(0, -1), [last[0], epoch]];
  if (told) throw new BadRoster('remove');
  return [...spans, [0, epoch]];
}

/**
 * The state with the whole member list. `list` is that of a snapshot which is not newer than the state: what changed since the state's
 * own snapshot is laid over it. Throws {@link BadRoster} unless the outcome is what home signed for the state's version.
 */
export async function withList(state: RoomState, list: readonly (readonly [Pid, Role, number | null])[]): Promise<RoomState> {
  if (state.listed) return state;
  const members: Record<Pid, ChainMember> = {};
  const spans: Record<Pid, readonly Span[]> = { ...state.spans };
  for (const [pid, role, until] of list) {
    if (Object.hasOwn(state.gone, pid)) continue;
    members[pid] = { role, until };
    if (!Object.hasOwn(spans, pid)) spans[pid] = [[0, null]];
  }
  Object.assign(members, state.members);
  if ((await membersHash(members)) !== state.hashes[state.version]) throw new BadRoster('members');
  return { ...state, listed: true, members, gone: {}, spans };
}

/** The state with what home says of the time before its snapshot. Throws {@link BadRoster} for what cannot be. */
export function withPast(state: RoomState, past: Past): RoomState {
  if (past.tenant !== state.tenant || past.room !== state.room) throw new BadRoster('room');
  if (state.base === 0 || past.version !== state.base) throw new BadRoster('past');
  const keys = { ...state.keys };
  for (const { n, key_id: keyId, kc } of past.epochs) {
    const known = keys[n];
    if (n < 1 || n > state.baseEpoch || (known !== undefined && (known.keyId !== keyId || known.kc !== kc))) throw new BadRoster('past');
    keys[n] = { keyId, kc };
  }
  const spans = { ...state.spans };
  const told = { ...state.told };
  for (const { pid, spans: before } of past.members) {
    if (Object.hasOwn(told, pid)) continue;
    spans[pid] = joined(before, spans[pid] ?? NONE, state.baseEpoch);
    told[pid] = true;
  }
  return { ...state, keys, spans, told, ...withLed(state, past) };
}

/** Who led before the snapshot, if home says that. */
function withLed(state: RoomState, past: Past): Pick<RoomState, 'led' | 'ledTold'> {
  if (past.led === null || state.ledTold) return { led: state.led, ledTold: state.ledTold };
  const before = new Map(past.led.map(({ pid, spans }) => [pid, spans]));
  const led: Record<Pid, readonly Span[]> = {};
  for (const pid of new Set([...before.keys(), ...(Object.keys(state.led) as Pid[])])) {
    led[pid] = joinedLed(before.get(pid) ?? NONE, state.led[pid] ?? NONE, state.baseEpoch);
  }
  return { led, ledTold: true };
}

/** As `joined`; who led at the snapshot may have been given another leading role since. */
function joinedLed(before: readonly Span[], since: readonly Span[], baseEpoch: number): readonly Span[] {
  const [first] = since;
  const goesOn = before.at(-1)?.[1] === null;
  if (!goesOn) return joined(before, first?.[0] === 0 ? since.slice(1) : since, baseEpoch);
  return joined(before, first === undefined || first[0] === 0 ? since : [[0, first[1]], ...since.slice(1)], baseEpoch);
}

/** What was before the snapshot and what has been since, as one row. */
function joined(before: readonly Span[], since: readonly Span[], baseEpoch: number): readonly Span[] {
  let at = 1;
  before.forEach(([from, to], index) => {
    if (from < at || from > baseEpoch || (to === null ? index + 1 < before.length : to < from || to > baseEpoch)) throw new BadRoster('past');
    at = to ?? at;
  });
  const last = before.at(-1);
  const [first] = since;
  if (last?.[1] !== null) {
    if (first?.[0] === 0) throw new BadRoster('past');
    return [...before, ...since];
  }
  if (first !== undefined && first[0] !== 0) throw new BadRoster('past');
  return [...before.slice(0, -1), [last[0], first === undefined ? null : first[1]], ...since.slice(1)];
}

function memberOf(entry: MemberEntry): ChainMember {
  return { role: entry.role, until: entry.until };
}

function checkEpoch(state: RoomState, roster: Roster): void {
  const now = state.keys[state.epoch];
  const { n, key_id: keyId, kc } = roster.epoch;
  if (now === undefined) {
    if (n !== 1) throw new BadRoster('epoch');
  } else if (n === state.epoch) {
    if (keyId !== now.keyId || kc !== now.kc) throw new BadRoster('epoch');
  } else if (n !== state.epoch + 1 || keyId === now.keyId) {
    throw new BadRoster('epoch');
  }
}

/** SHA-256 (base64url) over one JSON line `["p_…","role",until]` a member, sorted by pid, each ended by a newline. */
async function membersHash(members: Readonly<Record<Pid, ChainMember>>): Promise<string> {
  const pids = (Object.keys(members) as Pid[]).sort();
  const lines = pids.map((pid) => `${JSON.stringify([pid, members[pid]?.role, members[pid]?.until])}\n`);
  return b64(await sha256(utf8(lines.join(''))));
}

/** Whether `pid` was a member at some time of `epoch`; `ask`: home knows (`withPast`). */
export function wasMember(state: RoomState, pid: Pid, epoch: number): 'yes' | 'no' | 'ask' {
  const covers = ([from, to]: Span): boolean => (from === 0 ? state.baseEpoch : from) <= epoch && (to === null || epoch <= to);
  if ((state.spans[pid] ?? NONE).some(covers)) return 'yes';
  if (state.base === 0 || Object.hasOwn(state.told, pid)) return 'no';
  return state.listed && epoch > state.baseEpoch ? 'no' : 'ask';
}

/** Whether `pid` was owner or moderator at some time of `epoch`; `ask`: home knows (`withPast`). */
export function wasLeader(state: RoomState, pid: Pid, epoch: number): 'yes' | 'no' | 'ask' {
  if ((state.led[pid] ?? NONE).some(([from, to]) => from > 0 && from <= epoch && (to === null || epoch <= to))) return 'yes';
  return state.base === 0 || state.ledTold ? 'no' : 'ask';
}
