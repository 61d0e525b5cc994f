/** A signed-in person's session: made of its parts here, once; see {@link Session} for what the screens see. */
import { HomeDoor } from '../doors/home';
import { codeOf, Refusal } from '../doors/refusal';
import type { RelayStream } from '../doors/stream';
import type { Keys } from '../keys/client';
import type { RoomState } from '../wire/chain';
import type { Frame } from '../wire/frames';
import { newId, type Dev, type MsgId, type Pid, type RoomId } from '../wire/ids';
import type { Batch, Changed, RoomHead, Started, Welcome } from '../wire/types';
import type { Connection, DeviceInfo, MeetingAccess, Person, Readable, Room, RoomKind, RoomModel, Session } from './api';
import type { Ground } from './ground';
import { Lead } from './lead';
import { Link } from './link';
import { Meetings } from './meeting';
import { Opener } from './opener';
import { Outbox } from './outbox';
import { People } from './people';
import { Rooms } from './rooms';
import { coalesced, Signal } from './signal';
import { wipeStorage, type Storage } from './storage';
import { RoomLog } from './timeline';

const RENEW_MS = 3600 * 1000;
const HOME_RETRY_MS = 5_000;
/** Rooms whose newest envelope is fetched at once after a welcome, for their time. */
const NEWEST_AT_ONCE = 4;

export interface Beginning {
  readonly home: HomeDoor;
  readonly keys: Keys;
  readonly storage: Storage;
  readonly dev: Dev;
  readonly started: Started;
}

interface OpenLog {
  readonly log: RoomLog;
  users: number;
}

export class LiveSession implements Session, Ground {
  readonly connection = new Signal<Connection>('starting');
  readonly home: HomeDoor;
  readonly keys: Keys;
  readonly storage: Storage;
  readonly dev: Dev;
  readonly pid: Pid;
  readonly people: People;
  readonly authority: string;
  private readonly book: Rooms;
  private readonly opener: Opener;
  private readonly outbox: Outbox;
  private readonly meetings: Meetings;
  private readonly logs = new Map<RoomId, OpenLog>();
  private readonly link: Link;
  private readonly lead: Lead;
  private readonly channel: BroadcastChannel;
  private readonly renewing: ReturnType<typeof setInterval>;
  private homeTimer: ReturnType<typeof setTimeout> | null = null;
  private grant: string;
  private relay: Started['relay'];
  private cursor: number;
  /** ms that relay's clock is ahead of this device's. */
  private ahead: number;
  private homeAnswers = true;
  private leads: boolean | null = null;
  private everOpen = false;
  private renewFirst = false;
  private over: 'signed_out' | 'revoked' | null = null;

  constructor(private readonly began: Beginning) {
    const { home, keys, storage, dev, started } = began;
    this.home = home;
    this.keys = keys;
    this.storage = storage;
    this.dev = dev;
    this.pid = started.me.pid;
    this.authority = started.authority;
    this.grant = started.grant;
    this.relay = started.relay;
    this.cursor = started.cursor;
    this.ahead = started.now - Date.now();
    this.people = new People(this, () => {
      this.renamed();
    });
    this.book = new Rooms(this, (room) => {
      this.outbox.pump(room);
    });
    this.opener = new Opener(this, this.book);
    this.outbox = new Outbox(this, this.book, this.opener, (room) => {
      this.logs.get(room)?.log.refresh(false);
    });
    this.meetings = new Meetings(this, this.book, () => ({ http: this.relay.http, grant: this.grant }));
    this.link = new Link({
      door: () => this.door(),
      hello: (grant, nonce) => this.keys.hello(grant, nonce, location.origin),
      up: (welcome) => {
        this.up(welcome);
      },
      frame: (frame) => {
        this.frame(frame);
      },
      down: (code) => this.down(code),
    });
    this.lead = new Lead(this.pid, (leads) => void this.led(leads));
    this.channel = new BroadcastChannel(`samrum.${this.pid}`);
    this.channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data === 'signed_out') this.finish('signed_out');
    };
    this.renewing = setInterval(() => void this.renew().catch(() => undefined), RENEW_MS);
  }

  /** Verifies what home told at the start, and begins to lead or to wait. */
  async begin(states: readonly RoomState[]): Promise<void> {
    const { started } = this.began;
    await this.keys.trust(started.keys);
    this.people.learn([started.me, ...started.people]);
    await Promise.all([this.people.load(), this.book.take(started.rooms, started.rosters, states)]);
    await this.keys.lease(started.leased.keys);
    await Promise.all(this.book.ids().map(async (room) => {
      const [newest] = await this.storage.envelopes(room, Infinity, 1);
      if (newest !== undefined) this.book.newest(room, newest.env);
    }));
    await this.lead.start();
  }

  // ---- what the screens see

  get me(): Person {
    return this.people.get(this.pid);
  }

  get rooms(): Readable<readonly Room[]> {
    return this.book.list;
  }

  openRoom(room: RoomId): RoomModel {
    const found = this.logs.get(room) ?? { log: this.newLog(room), users: 0 };
    this.logs.set(room, found);
    found.users += 1;
    const { log } = found;
    let open = true;
    return {
      timeline: log.timeline,
      send: (text, mentions = []) => this.send(room, text, mentions),
      retry: (id) => this.outbox.retry(id),
      discard: (id) => this.outbox.discard(id),
      older: () => log.older(),
      read: () => {
        log.read();
      },
      typing: () => {
        log.typing();
      },
      close: () => {
        if (!open) return;
        open = false;
        found.users -= 1;
        if (found.users > 0) return;
        log.end();
        if (this.logs.get(room) === found) this.logs.delete(room);
      },
    };
  }

  private newLog(room: RoomId): RoomLog {
    return new RoomLog(room, { ground: this, rooms: this.book, outbox: this.outbox, opener: this.opener });
  }

  private async send(room: RoomId, text: string, mentions: readonly Pid[]): Promise<MsgId> {
    if (this.over !== null) throw new Refusal(this.over);
    if (this.leads !== true) throw new Refusal('other_tab');
    const may = this.book.sendable(room);
    if (may !== 'yes' && may !== 'wait') throw new Refusal(may);
    return this.outbox.add(room, text, mentions);
  }

  async searchPeople(query: string, limit = 20): Promise<readonly Person[]> {
    const { people } = await this.asked(this.home.people(query, limit));
    this.people.learn(people);
    return people;
  }

  async createRoom(kind: RoomKind, title: string, members: readonly Pid[]): Promise<RoomId> {
    const body = { room: newId('r'), kind, title, members: [...members] };
    return (await this.take(this.asked(this.home.createRoom(body)))).room.room;
  }

  async changeMembers(room: RoomId, change: Parameters<Session['changeMembers']>[1]): Promise<void> {
    const add = (change.add ?? []).map((pid) => ({ pid, role: 'member' as const }));
    const body = { add, remove: [...(change.remove ?? [])], role: [...(change.role ?? [])] };
    await this.take(this.asked(this.home.changeMembers(room, body)));
  }

  async renameRoom(room: RoomId, title: string): Promise<void> {
    await this.take(this.asked(this.home.rename(room, title)));
  }

  leaveRoom(room: RoomId): Promise<void> {
    return this.changeMembers(room, { remove: [this.pid] });
  }

  meeting(room: RoomId): MeetingAccess {
    return this.meetings.access(room);
  }

  async devices(): Promise<readonly DeviceInfo[]> {
    const { devices } = await this.asked(this.home.devices());
    return devices.map(({ dev, label, created, seen, revoked }) => ({ id: dev, label, created, seen, revoked, here: dev === this.dev }));
  }

  async revokeDevice(dev: Dev): Promise<void> {
    await this.asked(this.home.revoke(dev));
  }

  useHere(): Promise<void> {
    this.lead.take();
    return Promise.resolve();
  }

  async signOut(): Promise<void> {
    this.finish('signed_out');
    this.channel.postMessage('signed_out');
    const told = await this.home.signOut().then(() => null, codeOf);
    await this.wipe();
    if (told !== null && told !== 'signed_out') throw new Refusal(told);
  }

  close(): void {
    this.link.stop();
    this.lead.end();
    this.people.stop();
    this.channel.close();
    clearInterval(this.renewing);
    if (this.homeTimer !== null) clearTimeout(this.homeTimer);
    for (const { log } of this.logs.values()) log.end();
    this.storage.close();
  }

  // ---- what the parts stand on

  stream(): RelayStream | null {
    return this.leads === true ? this.link.open : null;
  }

  now(): number {
    return Date.now() + this.ahead;
  }

  async asked<T>(call: Promise<T>): Promise<T> {
    try {
      const reply = await call;
      this.heardHome(true);
      return reply;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'home_away') this.heardHome(false);
      else if (code === 'signed_out') this.finish('signed_out');
      else if (code === 'device_revoked') this.revoked();
      throw error;
    }
  }

  private heardHome(answers: boolean): void {
    if (answers === this.homeAnswers) return;
    this.homeAnswers = answers;
    this.tell();
    if (!answers) {
      this.homeTimer = setTimeout(() => {
        this.homeTimer = null;
        void this.sync().catch(() => undefined);
      }, HOME_RETRY_MS);
      return;
    }
    this.people.again();
    for (const { log } of this.logs.values()) log.reopen();
    this.outbox.pumpAll();
  }

  // ---- home's news

  /** Asks home what changed since last time. */
  private readonly sync = coalesced(async () => {
    if (this.over !== null) return;
    try {
      const { cursor, rooms, rosters, people } = await this.asked(this.home.since(this.cursor));
      this.people.learn(people);
      await this.book.take(rooms, rosters);
      this.cursor = Math.max(this.cursor, cursor);
    } catch (error) {
      if (codeOf(error) === 'home_away' && this.homeTimer === null && this.over === null) {
        this.homeTimer = setTimeout(() => {
          this.homeTimer = null;
          void this.sync().catch(() => undefined);
        }, HOME_RETRY_MS);
      }
      throw error;
    }
  });

  private syncSoon(): void {
    this.sync().catch(() => undefined);
  }

  private async take(reply: Promise<Changed>): Promise<Changed> {
    const changed = await reply;
    this.people.learn(changed.people);
    await this.book.take([changed.room], { [changed.room.room]: changed.rosters });
    await this.keys.lease(changed.keys.keys);
    return changed;
  }

  private async renew(): Promise<void> {
    const { grant, relay } = await this.asked(this.home.renew());
    this.grant = grant;
    this.relay = relay;
    this.renewFirst = false;
    this.stream()?.send('Renew', { grant });
  }

  // ---- the connection to relay

  private async led(leads: boolean): Promise<void> {
    if (this.over !== null) return;
    this.leads = leads;
    if (leads) {
      // Another tab may have sent and kept things since this one looked.
      await this.outbox.load();
      if (!this.leading()) return;
      this.link.start();
      this.syncSoon();
    } else {
      this.link.stop();
      this.outbox.down();
      this.book.down();
    }
    this.tell();
  }

  private leading(): boolean {
    return this.leads === true && this.over === null;
  }

  private async door(): Promise<{ url: string; grant: string }> {
    if (this.renewFirst) await this.renew();
    return { url: this.relay.stream, grant: this.grant };
  }

  private up(welcome: Welcome): void {
    this.ahead = welcome.now - Date.now();
    this.everOpen = true;
    this.book.welcome(welcome);
    for (const { log } of this.logs.values()) log.catchUp();
    this.outbox.pumpAll();
    this.syncSoon();
    void this.fetchNewest(welcome);
    this.tell();
  }

  private down(code: string | null): { again: boolean } {
    this.outbox.down();
    this.book.down();
    if (code === 'grant_expired' || code === 'bad_grant') this.renewFirst = true;
    if (code === 'revoked') this.revoked();
    if (code === 'replaced') this.lead.drop();
    this.tell();
    return { again: code !== 'revoked' && code !== 'replaced' };
  }

  private frame({ kind, body }: Frame): void {
    switch (kind) {
      case 'Batch':
        this.batch(body);
        break;
      case 'Sent':
        this.outbox.sent(body);
        break;
      case 'StreamError':
        this.outbox.refused(body);
        break;
      case 'RosterIs':
        void this.book.roster(body).then((unknown) => {
          if (unknown !== null) this.syncSoon();
        });
        break;
      case 'HintIs':
        this.keys.hint(body.jws).then(() => {
          this.syncSoon();
        }, () => undefined);
        break;
      case 'ReadIs':
        if (body.pid === this.pid) this.book.read(body.room, body.pos);
        break;
      case 'TypingIs':
        this.logs.get(body.room)?.log.typist(body.pid);
        break;
      case 'Meeting':
        this.book.meeting(body);
        break;
      case 'MediaAckIs':
        this.meetings.acked(body);
        break;
      case 'Pong':
        this.ahead = body.now - Date.now();
        break;
    }
  }

  private batch({ room, pos, env }: Batch): void {
    const list = env.map((one, index) => ({ pos: pos + index, env: one }));
    void this.storage.keep(room, list).catch(() => undefined);
    this.book.batch(room, pos, env);
    this.logs.get(room)?.log.batch(pos, env);
  }

  /** For rooms with news: the newest envelope, so that the list can be sorted by time. */
  private async fetchNewest({ rooms }: Welcome): Promise<void> {
    const stream = this.stream();
    const todo = (Object.entries(rooms) as [RoomId, RoomHead][]).filter(([room, head]) => head.pos > 0 && !this.logs.has(room));
    const worker = async (): Promise<void> => {
      for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
        const [room, { pos }] = next;
        const [cached] = await this.storage.envelopes(room, Infinity, 1);
        if (stream === null || this.stream() !== stream) return;
        if (cached?.pos === pos) continue;
        const page = await stream.history({ room, before: null, after: null, limit: 1 });
        const env = page.env.at(-1);
        if (env === undefined) continue;
        this.book.newest(room, env);
        await this.storage.keep(room, [{ pos, env }]);
      }
    };
    await Promise.all(Array.from({ length: NEWEST_AT_ONCE }, worker)).catch(() => undefined);
  }

  // ---- states and ends

  private renamed(): void {
    this.book.renamed();
    for (const { log } of this.logs.values()) log.refresh(true);
  }

  private tell(): void {
    this.connection.set(this.state());
  }

  private state(): Connection {
    if (this.over !== null) return this.over;
    if (this.leads === false) return 'other_tab';
    if (this.stream() !== null) return this.homeAnswers ? 'online' : 'home_away';
    if (!navigator.onLine) return 'offline';
    return this.everOpen ? 'relay_away' : 'starting';
  }

  /** This device may not go on: nothing of it stays here. */
  private revoked(): void {
    if (this.over !== null) return;
    this.finish('revoked');
    void this.wipe();
  }

  private finish(how: 'signed_out' | 'revoked'): void {
    if (this.over !== null) return;
    this.over = how;
    this.close();
    this.tell();
  }

  private async wipe(): Promise<void> {
    await this.keys.wipe();
    await wipeStorage(this.pid);
    this.keys.end();
  }
}
