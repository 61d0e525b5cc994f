/** The roster chain as a state machine, by the same rules as home and relay (`samrum.wire.chain`). No input or output. */
import { b64, sha256, utf8 } from './bytes';
import type { KeyId, Pid, RoomId, TenantId } from './ids';
import type { MemberEntry, Policy, Role, Roster } from './types';

/** 32 zero bytes as base64url: `prev` of a chain's first statement. */
export const FIRST = b64(new Uint8Array(32));

/** The statement does not follow from this state; `rule` says which rule, in a word. */
export class BadRoster extends Error {
  constructor(readonly rule: 'room' | 'version' | 'prev' | 'epoch' | 'remove' | 'role' | 'add') {
    super(`bad_roster ${rule}`);
    this.name = 'BadRoster';
  }
}

export interface ChainMember {
  readonly role: Role;
  /** s since 1970, or `null`: no end. */
  readonly until: number | null;
}

/** First and last epoch in which somebody was a member; `null`: still is. */
type Span = readonly [from: number, to: number | null];

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
  readonly members: Readonly<Record<Pid, ChainMember>>;
  /** Key id and commitment of every epoch so far. */
  readonly keys: Readonly<Record<number, { readonly keyId: KeyId; readonly kc: string }>>;
  readonly spans: Readonly<Record<Pid, readonly Span[]>>;
  /** Hash of the member list after each version: what relay must have said. */
  readonly hashes: Readonly<Record<number, string>>;
}

export function emptyState(tenant: TenantId, room: RoomId): RoomState {
  return { tenant, room, version: 0, head: FIRST, epoch: 0, policy: null, made: 0, members: {}, keys: {}, spans: {}, hashes: {} };
}

/** The state after `roster`, whose verified JWS has `digest`. Throws {@link BadRoster} unless it follows. */
export async function apply(state: RoomState, roster: Roster, digest: string): Promise<RoomState> {
  if (roster.tenant !== state.tenant || roster.room !== state.room) throw new BadRoster('room');
  if (roster.version !== state.version + 1) throw new BadRoster('version');
  if (roster.prev !== state.head) throw new BadRoster('prev');
  checkEpoch(state, roster);
  const members: Record<Pid, ChainMember> = { ...state.members };
  const spans: Record<Pid, readonly Span[]> = { ...state.spans };
  for (const pid of roster.remove) {
    if (!Object.hasOwn(members, pid)) throw new BadRoster('remove');
    Reflect.deleteProperty(members, pid);
    spans[pid] = (spans[pid] ?? []).map(([from, to]) => [from, to ?? state.epoch]);
  }
  for (const entry of roster.role) {
    if (!Object.hasOwn(members, entry.pid)) throw new BadRoster('role');
    members[entry.pid] = memberOf(entry);
  }
  for (const entry of roster.add) {
    if (Object.hasOwn(members, entry.pid)) throw new BadRoster('add');
    members[entry.pid] = memberOf(entry);
    spans[entry.pid] = [...(spans[entry.pid] ?? []), [roster.epoch.n, null]];
  }
  return {
    ...state,
    version: roster.version,
    head: digest,
    epoch: roster.epoch.n,
    policy: roster.policy,
    made: roster.version === 1 ? roster.at : state.made,
    members,
    keys: { ...state.keys, [roster.epoch.n]: { keyId: roster.epoch.key_id, kc: roster.epoch.kc } },
    spans,
    hashes: { ...state.hashes, [roster.version]: await membersHash(members) },
  };
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

/** Whether `pid` was a member at some time of `epoch`. */
export function wasMember(state: RoomState, pid: Pid, epoch: number): boolean {
  return (state.spans[pid] ?? []).some(([from, to]) => from <= epoch && (to === null || epoch <= to));
}
