/**
 * All rooms of the person: what home tells, the chain that home signed, and what relay says, held against each other.
 *
 * Nothing is sent in a room before relay's claim (version, hash of its member list) agreed with the verified chain.
 */
import { codeOf } from '../doors/refusal';
import { wasLeader, type RoomState } from '../wire/chain';
import type { MsgId, Pid, RoomId } from '../wire/ids';
import type { Meeting, Mine, Room as Told, RoomHead, RosterAt, RosterIs, Welcome } from '../wire/types';
import type { Bytes } from '../wire/bytes';
import type { Room, Trouble } from './api';
import { newEntry, troubleOf, viewOf, type Entry } from './entry';
import type { Ground } from './ground';
import { counts, headOf } from './heads';
import { judge, type Claim } from './judge';
import { coalesced, Signal, soon } from './signal';
import { askList, askPast, isIn, spread } from './size';
import type { Stored } from './storage';

/** How long home may be ahead of what relay told us before that is called a roll-back, in ms. */
const GRACE_MS = 3_000;
const ROSTERS_A_REQUEST = 500;
/** How far big rooms' devices spread out before they fetch a roster that relay did not pass on, in ms. */
const FETCH_MS = 10_000;

const UNCHOSEN: Mine = { pinned: false, notify: 'all' };

export class Rooms {
  readonly list = new Signal<readonly Room[]>([]);
  private readonly entries = new Map<RoomId, Entry>();
  /** Relay's word on rooms that home has not told us of yet. */
  private readonly early = new Map<RoomId, Partial<Entry> & { readonly claim: Claim }>();
  private readonly stale = new Set<RoomId>();
  private readonly listing = new Map<RoomId, Promise<void>>();
  private readonly publish = soon(() => {
    this.list.set(this.views());
  });

  constructor(
    private readonly ground: Ground,
    /** Something changed that may let messages go, or keep them. */
    private readonly changed: (room: RoomId) => void,
  ) {}

  // ---- from home

  /**
   * Takes rooms and chains as home tells them; asks for what is missing. `states`: what the vault kept from earlier; `snapshots`: where
   * those chains begin that do not begin at version 1.
   */
  async take(
    told: readonly Told[],
    rosters: Partial<Record<RoomId, string[]>>,
    states: readonly RoomState[] = [],
    snapshots: Partial<Record<RoomId, string>> = {},
  ): Promise<void> {
    for (const room of told) {
      const entry = this.entries.get(room.room);
      if (room.removed) this.entries.delete(room.room);
      else if (entry === undefined) this.entries.set(room.room, { ...newEntry(room), ...this.early.get(room.room) });
      else this.update(room.room, { told: room });
    }
    for (const state of states) this.update(state.room, { state });
    await Promise.all(chains(rosters).map(([room, chain]) => this.learn(room, chain, snapshots[room])));
    const behind = told.filter(({ room, removed, version }) => !removed && this.version(room) < version);
    if (behind.length > 0) await this.refresh(behind.map(({ room }) => room));
    for (const { room, removed } of told) {
      this.early.delete(room);
      if (removed) this.changed(room);
      else if (this.entries.get(room)?.claim) this.check(room);
    }
    this.publish();
  }

  /** Asks home for the newest chains; what is asked for meanwhile goes in one request. */
  refresh(rooms: readonly RoomId[]): Promise<void> {
    for (const room of rooms) this.stale.add(room);
    return this.fetch();
  }

  private readonly fetch = coalesced(async () => {
    const rooms = [...this.stale];
    this.stale.clear();
    for (let at = 0; at < rooms.length; at += ROSTERS_A_REQUEST) {
      for (let some = rooms.slice(at, at + ROSTERS_A_REQUEST); some.length > 0; ) some = await this.fetchSome(some);
    }
  });

  /** Asks for the chains of some rooms; gives those of which home has more than fitted into its answer. */
  private async fetchSome(rooms: readonly RoomId[]): Promise<RoomId[]> {
    const want = Object.fromEntries(rooms.map((room) => [room, this.version(room)])) as Partial<Record<RoomId, number>>;
    const { rosters, snapshots } = await this.ground.asked(this.ground.home.rosters(want));
    await Promise.all(chains(rosters).map(([room, chain]) => this.learn(room, chain, snapshots[room])));
    const lacks = (room: RoomId): boolean => this.version(room) < (this.entries.get(room)?.told.version ?? 0);
    return rooms.filter((room) => this.version(room) > (want[room] ?? 0) && lacks(room));
  }

  private async learn(room: RoomId, statements: readonly string[], snapshot?: string): Promise<void> {
    if (!this.entries.has(room)) return;
    await this.taken(room, this.ground.keys.learn(room, statements, snapshot ?? null));
  }

  /** What the vault verified is the room's state from now on; what it did not makes the room refuse to send. */
  private async taken(room: RoomId, work: Promise<RoomState | null>): Promise<void> {
    try {
      const state = await work;
      if (state === null || state.version === 0) return;
      if (state.version >= this.version(room)) this.update(room, { state });
      if (!isIn(state, this.ground.pid)) this.changed(room);
    } catch (error) {
      if (codeOf(error) !== 'bad_roster') throw error;
      this.distrust(room, 'roster_forged');
    }
  }

  /** Asks home what lies before the room's snapshot, of these epochs and people. */
  async past(room: RoomId, epochs: readonly number[], pids: readonly Pid[]): Promise<void> {
    const state = this.state(room);
    if (state !== null && state.base > 0) await this.taken(room, askPast(this.ground, state, epochs, pids));
  }

  /** Whether somebody was owner or moderator in an epoch, by the verified chain; `ask`: see `leaders`. */
  leads(room: RoomId, pid: Pid, epoch: number): ReturnType<typeof wasLeader> {
    const state = this.state(room);
    return state === null ? 'ask' : wasLeader(state, pid, epoch);
  }

  isDirect(room: RoomId): boolean {
    return this.entries.get(room)?.told.kind === 'direct';
  }

  /** An unread message mentions this person. */
  mentioned(room: RoomId, id: MsgId, pos: number, by: Pid): void {
    this.entries.get(room)?.mentions.set(id, { pos, by });
    this.update(room, {});
  }

  /** Where unread messages mention this person, by home's index. */
  mentionedAt(positions: ReadonlyMap<RoomId, readonly number[]>): void {
    for (const [room, { indexed }] of this.entries) {
      const now = positions.get(room) ?? [];
      if (now.length + indexed.length > 0) this.update(room, { indexed: now });
    }
  }

  /** It does not any more, by the word of its author, or of somebody who may say that (`null`). */
  unmentioned(room: RoomId, id: MsgId | null, by: Pid | null): void {
    const mentions = this.entries.get(room)?.mentions;
    const known = id === null ? undefined : mentions?.get(id);
    if (id === null || known === undefined || (by !== null && by !== known.by)) return;
    mentions?.delete(id);
    const { indexed = [] } = this.entries.get(room) ?? {};
    this.update(room, { indexed: indexed.filter((pos) => pos !== known.pos) });
  }

  /** Asks home who was owner or moderator before the room's snapshot, and when. */
  async leaders(room: RoomId): Promise<void> {
    const state = this.state(room);
    if (state !== null && state.base > 0 && !state.ledTold) await this.taken(room, askPast(this.ground, state, [], [], true));
  }

  /** Gets the whole member list of a room that began from a snapshot; who asks meanwhile waits for the same one. */
  listed(room: RoomId): Promise<void> {
    const running = this.listing.get(room) ?? this.fetchList(room).finally(() => this.listing.delete(room));
    this.listing.set(room, running);
    return running;
  }

  private async fetchList(room: RoomId): Promise<void> {
    for (const last of [false, true]) {
      const state = this.state(room);
      if (state === null || state.listed) return;
      const listed = askList(this.ground, state);
      await this.taken(room, listed);
      if (last || (await listed) !== null) return;
      await this.refresh([room]);
    }
  }

  // ---- from relay

  /** Relay's word on every room, at the start of a connection. `own`: from relay itself, not from a tab that may have slept for a while. */
  welcome({ rooms, meetings }: Welcome, own: boolean): void {
    this.early.clear();
    for (const [room, { version, members, pos, read, unread }] of Object.entries(rooms) as [RoomId, RoomHead][]) {
      if (this.entries.has(room)) continue;
      this.early.set(room, { claim: { version, members }, pos, read, unread, meeting: meetings[room] ?? null });
    }
    for (const [room, entry] of this.entries) {
      const head = rooms[room];
      this.update(room, {
        agreed: false,
        trouble: null,
        claim: { version: head?.version ?? 0, members: head?.members ?? '' },
        caught: entry.caught || (own && head !== undefined && head.pos < entry.pos),
        pos: Math.max(entry.pos, head?.pos ?? 0),
        read: Math.max(entry.read, head?.read ?? 0),
        unread: head === undefined || entry.read > head.read ? entry.unread : head.unread,
        meeting: meetings[room] ?? null,
      });
      this.check(room);
    }
  }

  /** Relay says that it applied a roster. Resolves with the room if we do not know it yet: home has to tell. */
  async roster({ jws, members }: RosterIs): Promise<RoomId | null> {
    const room = await this.ground.keys.claimedRoom(jws);
    if (room === null) return null;
    if (!this.entries.has(room)) {
      // The claim is checked like any other as soon as home has told of the room; the statement comes from there too.
      const version = versionIn(jws);
      if (version > (this.early.get(room)?.claim.version ?? 0)) this.early.set(room, { ...this.early.get(room), claim: { version, members } });
      return room;
    }
    await this.learn(room, [jws]);
    const entry = this.entries.get(room);
    if (entry === undefined || entry.trouble === 'roster_forged') return null;
    const version = versionIn(jws);
    if (version < (entry.claim?.version ?? 0)) return null;
    this.update(room, { claim: { version, members } });
    this.check(room);
    return null;
  }

  /** Relay applied a roster that it does not pass on: as `roster`, but home has it. */
  rosterAt({ room, version, members }: RosterAt): RoomId | null {
    const entry = this.entries.get(room);
    if (entry === undefined) {
      if (version > (this.early.get(room)?.claim.version ?? 0)) this.early.set(room, { ...this.early.get(room), claim: { version, members } });
      return room;
    }
    if (version < (entry.claim?.version ?? 0)) return null;
    this.update(room, { claim: { version, members } });
    // Until home was asked, what agreed goes on; a message under an old key is refused by relay, and then home is asked at once.
    setTimeout(() => {
      if (this.entries.get(room)?.claim?.version === version) this.check(room);
    }, this.version(room) < version ? spread(this.count(room), FETCH_MS) : 0);
    return null;
  }

  /** The connection is gone: nothing that relay said counts any more. */
  down(): void {
    this.early.clear();
    for (const room of this.entries.keys()) this.update(room, { claim: null, agreed: false, meeting: null });
  }

  meeting(frame: Meeting): void {
    this.update(frame.room, { meeting: frame.meeting === null ? null : frame });
  }

  /** New envelopes: counts, times, the room's newest position. */
  batch(room: RoomId, pos: number, list: readonly Bytes[]): void {
    const entry = this.entries.get(room);
    if (entry === undefined) return;
    let { unread, lastAt } = entry;
    list.forEach((env, index) => {
      const head = headOf(env);
      if (head === null || pos + index <= entry.pos) return;
      if (!counts(head)) return;
      lastAt = Math.max(lastAt, head.sentAt * 1000);
      if (head.pid !== this.ground.pid && pos + index > entry.read) unread += 1;
    });
    this.update(room, { pos: Math.max(entry.pos, pos + list.length - 1), unread, lastAt });
  }

  /** The newest envelope known, from the cache or a page: for the room's time. */
  newest(room: RoomId, env: Bytes): void {
    const at = (headOf(env)?.sentAt ?? 0) * 1000;
    if (at > (this.entries.get(room)?.lastAt ?? 0)) this.update(room, { lastAt: at });
  }

  /** The newest envelope that this device has kept: relay had at least that much. */
  kept(room: RoomId, { pos, env }: Stored): void {
    this.update(room, { pos: Math.max(this.position(room).pos, pos) });
    this.newest(room, env);
  }

  /** Relay was caught at showing other messages, or fewer, than before: nothing more is sent in the room. */
  catchLying(room: RoomId): void {
    this.update(room, { caught: true });
    this.changed(room);
  }

  /** One's own read position, from here or another device. */
  read(room: RoomId, pos: number): void {
    const entry = this.entries.get(room);
    if (entry === undefined || pos <= entry.read) return;
    this.update(room, { read: pos, unread: pos >= entry.pos ? 0 : entry.unread });
  }

  // ---- for the others

  state(room: RoomId): RoomState | null {
    return this.entries.get(room)?.state ?? null;
  }

  trouble(room: RoomId): Trouble | null {
    const entry = this.entries.get(room);
    return entry === undefined ? null : troubleOf(entry);
  }

  position(room: RoomId): { readonly pos: number; readonly read: number; readonly heard: boolean } {
    const entry = this.entries.get(room);
    return { pos: entry?.pos ?? 0, read: entry?.read ?? 0, heard: (entry?.claim ?? null) !== null };
  }

  /** May a message go? A reason keeps it as a draft; `wait`: not decided yet. */
  sendable(room: RoomId): 'yes' | 'wait' | Trouble | 'not_a_member' {
    const entry = this.entries.get(room);
    if (entry === undefined) return 'not_a_member';
    const trouble = troubleOf(entry);
    if (trouble !== null) return trouble;
    if (entry.state === null || !entry.agreed) return 'wait';
    return isIn(entry.state, this.ground.pid) ? 'yes' : 'not_a_member';
  }

  /** How this person sees a room. */
  mine(room: RoomId): Mine {
    return this.entries.get(room)?.told.mine ?? UNCHOSEN;
  }

  see(room: RoomId, mine: Mine): void {
    const told = this.entries.get(room)?.told;
    if (told !== undefined) this.update(room, { told: { ...told, mine } });
  }

  /** As home told them last. */
  told(): Told[] {
    return [...this.entries.values()].map(({ told }) => told);
  }

  /** How many members a room has, as far as is known. */
  count(room: RoomId): number {
    const entry = this.entries.get(room);
    return entry?.state?.count ?? entry?.told.count ?? 0;
  }

  ids(): RoomId[] {
    return [...this.entries.keys()];
  }

  /** Names changed: every view is made anew. */
  renamed(): void {
    for (const entry of this.entries.values()) entry.view = null;
    this.publish();
  }

  /** Home answers again: what could not be decided without it is looked at once more. */
  again(): void {
    for (const [room, { claim, agreed }] of this.entries) if (claim !== null && !agreed) this.check(room);
  }

  private version(room: RoomId): number {
    return this.entries.get(room)?.state?.version ?? 0;
  }

  private check(room: RoomId): void {
    const entry = this.entries.get(room);
    if (entry !== undefined) void this.decide(room, entry, ++entry.round, false);
  }

  private async decide(room: RoomId, entry: Entry, round: number, late: boolean): Promise<void> {
    const current = (): boolean => this.entries.get(room) === entry && entry.round === round && entry.claim !== null;
    let verdict = this.verdict(entry);
    if (verdict === 'ask_home') {
      try {
        await this.refresh([room]);
      } catch {
        return; // Home is away: undecided, so nothing is sent; the next word from home checks again.
      }
      if (!current() || entry.trouble === 'roster_forged') return;
      verdict = this.verdict(entry);
      if (verdict === 'ask_home') verdict = 'roster_forged';
    }
    if (!current()) return;
    if (verdict === 'relay_rolled_back' && !late) {
      // Home may have told us of a version whose word from relay is still on its way.
      setTimeout(() => {
        if (current()) void this.decide(room, entry, round, true);
      }, GRACE_MS);
      this.update(room, { agreed: false });
    } else if (verdict === null) {
      this.update(room, { agreed: true, trouble: null });
      this.changed(room);
    } else if (verdict === 'unknown_there') this.update(room, { agreed: false });
    else this.distrust(room, verdict);
  }

  private verdict({ state, told, claim }: Entry): ReturnType<typeof judge> {
    if (claim === null) return 'unknown_there';
    return state === null ? 'ask_home' : judge(state, told.delivered, claim);
  }

  private distrust(room: RoomId, trouble: Trouble): void {
    this.update(room, { agreed: false, trouble });
    this.changed(room);
  }

  private update(room: RoomId, change: Partial<Entry>): void {
    const entry = this.entries.get(room);
    if (entry === undefined) return;
    Object.assign(entry, change);
    entry.view = null;
    this.publish();
  }

  private views(): readonly Room[] {
    const shown: [Room, number][] = [];
    for (const entry of this.entries.values()) {
      if (entry.state === null && entry.trouble === null) continue;
      entry.view ??= viewOf(entry, this.ground);
      shown.push([entry.view, Math.max(entry.lastAt, (entry.state?.made ?? 0) * 1000)]);
    }
    return shown.sort(([, a], [, b]) => b - a).map(([room]) => room);
  }
}

function chains(rosters: Partial<Record<RoomId, string[]>>): [RoomId, string[]][] {
  return Object.entries(rosters) as [RoomId, string[]][];
}

/** The version in a roster's payload, which the vault has found well-formed. */
function versionIn(jws: string): number {
  const body = jws.split('.')[1] ?? '';
  const { version } = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as { version: number };
  return version;
}
