/** A signed-in person's session: made of its parts here, once; see {@link Session} for what the screens see. */
import { HomeDoor } from '../doors/home';
import { codeOf, Refusal } from '../doors/refusal';
import type { Keys } from '../keys/client';
import type { RoomState } from '../wire/chain';
import { textOf, utf8 } from '../wire/bytes';
import { newId, type Dev, type MsgId, type Pid, type RoomId } from '../wire/ids';
import type { Changed, Started, Welcome } from '../wire/types';
import type { Alarm, Connection, DeviceInfo, MeetingAccess, Member, Person, PresenceState, Readable, Room, RoomKind, RoomModel, Session, SessionEvents, SessionModeration } from './api';
import { Arrivals } from './arrivals';
import { myDevices, type MyDevices } from './devices';
import { CallBook } from './calls';
import { FilesPart } from './files';
import type { Ground } from './ground';
import { HomeLine } from './homeline';
import { keepStart } from './kept';
import { Leases } from './leases';
import { ledgerWatch, type LedgerWatch } from './ledger';
import { Live } from './live';
import { Logs } from './logs';
import { Meetings } from './meeting';
import { Opener } from './opener';
import { fetchNewest } from './newest';
import { Outbox, type ToSay } from './outbox';
import { People } from './people';
import { Presence } from './presence';
import { Relay } from './relay';
import { Rooms } from './rooms';
import { Sender } from './sender';
import { SearchPart } from './search';
import { SettingsPart } from './settings';
import { Signal } from './signal';
import { wipeStorage, type Storage } from './storage';
import type { Way } from './tabs/following';

export interface Beginning {
  readonly home: HomeDoor;
  readonly keys: Keys;
  readonly storage: Storage;
  readonly dev: Dev;
  readonly started: Started;
  /** Asks home for another start of the same device. */
  start(): Promise<Started>;
  /** `started` is one that was kept, of this time (ms since 1970); home has not answered. `null`: it is home's answer. */
  readonly keptAt: number | null;
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
  readonly files: FilesPart;
  private readonly book: Rooms;
  private readonly opener: Opener;
  private readonly outbox: Outbox;
  private readonly meetings: Meetings;
  private readonly live: Live;
  private readonly logs: Logs;
  private readonly sender: Sender;
  private readonly relay: Relay;
  private readonly seen: Presence;
  private readonly line: HomeLine;
  private readonly mine: MyDevices;
  private readonly watch: LedgerWatch;
  private readonly leases: Leases;
  private readonly arrivals: Arrivals;
  readonly settings: SettingsPart;
  readonly calls: CallBook;
  readonly search: SearchPart;
  readonly moderation: SessionModeration & { readonly news: Signal<number> };
  /** Home has not answered since this session began from a kept start. */
  private away: boolean;
  /** The last start that home gave. */
  private started: Started;
  /** ms that relay's clock is ahead of this device's. */
  private ahead: number;
  private everOpen = false;
  private over: 'signed_out' | 'revoked' | null = null;
  /** What is kept here is being wiped, for which the vault's worker has to live on. */
  private wiping = false;

  constructor(private readonly began: Beginning) {
    const { home, keys, storage, dev, started } = began;
    this.home = home;
    this.keys = keys;
    this.storage = storage;
    this.dev = dev;
    this.pid = started.me.pid;
    this.authority = started.authority;
    this.started = started;
    this.away = began.keptAt !== null;
    this.ahead = this.away ? 0 : started.now - Date.now();
    this.people = new People(this, () => {
      this.renamed();
    });
    this.book = new Rooms(this, (room) => {
      this.sender.pump(room);
      this.logs.ruled(room);
    });
    this.settings = new SettingsPart(
      { home, rooms: this.book, asked: (call) => this.asked(call), take: (reply) => this.take(reply), stream: () => this.stream() },
      started,
    );
    this.mine = myDevices(this);
    this.opener = new Opener(this, this.book, (dev) => {
      this.mine.wrote(dev);
    });
    this.moderation = {
      news: new Signal(0),
      load: async () => new (await import('./moderation')).ModerationPart({
        ground: this,
        take: (reply) => this.take(reply),
        meets: (room, pid) => this.book.list.get().find(({ id }) => id === room)?.meeting?.people.includes(pid) ?? false,
      }),
    };
    this.search = new SearchPart({ ground: this, rooms: this.book, opener: this.opener });
    this.outbox = new Outbox(this, () => this.relay, {
      changed: (room) => {
        this.logs.refresh(room);
      },
      due: (room) => {
        this.sender.pump(room);
      },
    });
    this.sender = new Sender(this, this.book, this.opener, this.outbox, () => this.relay.own);
    const parts = { ground: this, rooms: this.book, outbox: this.outbox, opener: this.opener };
    this.logs = new Logs(parts, (room, say) => this.say(room, say));
    this.calls = new CallBook(parts, (room, say) => this.say(room, say));
    this.live = new Live(this, this.book, this.opener);
    const access = (): { http: string; grant: string } => ({ http: this.line.relay.http, grant: this.line.grant });
    this.meetings = new Meetings(this, this.book, access);
    this.files = new FilesPart({
      pid: this.pid, keeps: !storage.ofThisTab, connection: this.connection, access,
      lock: (plain) => this.keys.lock(plain),
      unlock: (sealed) => this.keys.unlock(sealed),
    });
    this.relay = new Relay(this.pid, dev, {
      door: () => this.line.door(),
      hello: (grant, nonce) => this.keys.hello(grant, nonce, location.origin),
      up: (welcome) => {
        this.up(welcome);
      },
      frame: (frame) => {
        this.arrivals.frame(frame);
      },
      down: (code) => this.down(code),
      // Another tab may have kept things since this one looked.
      leads: (leads) => (leads ? this.outbox.load() : Promise.resolve()),
      changed: () => {
        this.tell();
      },
      over: (how) => {
        this.forget(how);
      },
      outbox: this.outbox,
    });
    this.seen = new Presence((shown) => {
      this.relay.show(shown);
    });
    this.line = new HomeLine(began.home, started, {
      since: async (news) => {
        const { rooms, rosters, people, devices } = news;
        this.settings.heard(news);
        if (news.reports) this.moderation.news.set(this.moderation.news.get() + 1);
        if (devices) this.lookAtDevices();
        this.people.learn(people);
        await this.book.take(rooms, rosters);
        this.leases.soon();
      },
      answers: (answers) => this.homeAnswers(answers),
      renewed: (grant) => {
        this.relay.own?.send('Renew', { grant });
        this.leases.soon();
      },
      over: (how) => {
        if (how === 'revoked') this.revoked();
        // Without a session at home nobody starts here without home either.
        else void this.keys.forgetStarts().catch(() => undefined).then(() => {
          this.finish(how);
        });
      },
    }, began.keptAt);
    this.watch = ledgerWatch(this, access, started.tenant, this.mine);
    this.leases = new Leases(this, this.book, this.meetings, {
      mine: () => this.keeper(),
      keep: () => this.keepStart(),
    });
    this.arrivals = new Arrivals({
      ground: this, rooms: this.book, logs: this.logs, live: this.live, sender: this.sender, presence: this.seen, meetings: this.meetings,
      keeps: () => this.keeper(),
      askHome: () => {
        this.line.syncSoon();
      },
      came: () => {
        this.leases.soon();
      },
      clock: (now) => (this.ahead = now - Date.now()),
    });
  }

  /** Verifies what home told at the start, and begins to lead or to wait. */
  async begin(states: readonly RoomState[]): Promise<void> {
    await Promise.all([this.meetings.load(), this.people.load()]);
    await this.learn(this.started, states);
    await Promise.all(this.book.ids().map(async (room) => {
      const [newest] = await this.storage.envelopes(room, Infinity, 1);
      if (newest !== undefined) this.book.kept(room, newest);
    }));
    await this.outbox.load();
    await this.relay.start();
    this.watch.start();
    this.lookAtDevices();
    this.lookAtMentions();
  }

  private async learn(started: Started, states: readonly RoomState[]): Promise<void> {
    await this.keys.trust(started.keys);
    this.people.learn([started.me, ...started.people]);
    this.meetings.lease(started.leased.media);
    await this.book.take(started.rooms, started.rosters, states, started.snapshots).catch((error: unknown) => {
      if (!this.away) throw error; // what home has to tell comes when it is back
    });
    await Promise.all([this.keys.lease(started.leased.keys), this.keys.certificates({ [this.dev]: [started.cert] })]);
  }

  /** Home is back after a start without it: a real one, which brings all that waited. */
  private async startAgain(): Promise<void> {
    const started = await this.asked(this.began.start());
    this.away = false;
    this.started = started;
    this.settings.adopt(started);
    await this.learn(started, []);
    this.line.adopt(started);
  }

  private async keepStart(): Promise<void> {
    const { grant, grantedAt, relay, cursor } = this.line;
    const settings = this.settings.own.get();
    await keepStart(this.keys, grantedAt, { ...this.started, rooms: this.book.told(), settings, grant, relay, cursor });
  }

  // ---- what the screens see

  get me(): Person {
    return this.people.get(this.pid);
  }

  get alarm(): Readable<Alarm | null> {
    return this.watch.alarm;
  }

  get rooms(): Readable<readonly Room[]> {
    return this.book.list;
  }

  person(pid: Pid): Person {
    return this.people.get(pid);
  }

  async unfinished(): Promise<string | null> {
    const sealed = await this.storage.drafts();
    const plain = sealed && (await this.keys.unlock(sealed));
    return plain ? textOf(plain) : null;
  }

  async keepUnfinished(text: string): Promise<void> {
    await this.storage.putDrafts(await this.keys.lock(utf8(text)));
  }

  presence(pid: Pid): Readable<PresenceState> {
    return this.seen.of(pid);
  }

  get events(): SessionEvents {
    return this.live;
  }

  openRoom(room: RoomId): RoomModel {
    return this.logs.model(room);
  }

  private async say(room: RoomId, say: ToSay): Promise<MsgId> {
    if (this.over !== null) throw new Refusal(this.over);
    const may = this.book.sendable(room);
    if (may !== 'yes' && may !== 'wait') throw new Refusal(may);
    this.line.refresh();
    return this.outbox.add(room, say);
  }

  async searchPeople(query: string, limit = 20): Promise<readonly Person[]> {
    const { people } = await this.asked(this.home.people(query, limit));
    this.people.learn(people);
    return people;
  }

  async roomPeople(room: RoomId, query: string, skip: number, limit: number): Promise<{ people: Member[]; count: number }> {
    const { people, count } = await this.asked(this.home.roomPeople(room, query, skip, limit));
    this.people.learn(people.map(({ person }) => person));
    return { people: people.map(({ person, role }) => ({ ...person, role, me: person.pid === this.pid })), count };
  }

  async createRoom(kind: RoomKind, title: string, members: readonly Pid[], rules: Parameters<Session['createRoom']>[3] = {}): Promise<RoomId> {
    const body = { ...rules, room: newId('r'), kind, title, members: [...members] };
    return (await this.take(this.asked(this.home.createRoom(body)))).room.room;
  }

  async changeMembers(room: RoomId, change: Parameters<Session['changeMembers']>[1], ownerless = false): Promise<void> {
    const add = (change.add ?? []).map((pid) => ({ pid, role: 'member' as const }));
    const inside = new Set(this.book.list.get().find(({ id }) => id === room)?.meeting?.people);
    const remove = [...(change.remove ?? [])];
    const body = { add, remove, role: [...(change.role ?? [])], at_once: remove.some((pid) => inside.has(pid)), ownerless };
    await this.take(this.asked(this.home.changeMembers(room, body)));
  }

  leaveRoom(room: RoomId, ownerless = false): Promise<void> {
    return this.changeMembers(room, { remove: [this.pid] }, ownerless);
  }

  meeting(room: RoomId): MeetingAccess {
    return this.meetings.access(room);
  }

  devices(): Promise<readonly DeviceInfo[]> {
    return this.mine.list();
  }

  get askingDevices(): Readable<readonly DeviceInfo[]> {
    return this.mine.asking;
  }

  async knowDevice(dev: Dev): Promise<void> {
    await this.asked(this.home.known(dev));
    await this.mine.look();
  }

  async endDevice(dev: Dev, { lost }: { readonly lost: boolean }): Promise<void> {
    await this.asked(this.home.revoke(dev, lost));
    await this.mine.look();
  }

  /** Mentions that came while no device of this person was there. */
  private lookAtMentions(): void {
    this.search.mentions().then((positions) => {
      this.book.mentionedAt(positions);
    }, () => undefined);
  }

  private lookAtDevices(): void {
    this.mine.look().catch(() => undefined);
  }

  useHere(): Promise<void> {
    this.relay.take();
    return Promise.resolve();
  }

  async signOut(): Promise<void> {
    this.relay.endAll('signed_out');
    this.wiping = true;
    this.finish('signed_out');
    const [told] = await Promise.all([this.home.signOut().then(() => 'signed_out', codeOf), this.wipe()]);
    if (told !== 'signed_out') throw new Refusal(told);
  }

  close(): void {
    this.stop();
    if (!this.wiping) this.keys.end();
  }

  private stop(): void {
    this.watch.stop();
    this.leases.stop();
    this.seen.stop();
    this.relay.stop();
    this.people.stop();
    this.arrivals.stop();
    this.line.stop();
    this.live.stop();
    this.logs.end();
    this.files.stop();
    this.storage.close();
  }

  // ---- what the parts stand on

  stream(): Way | null {
    return this.relay.way;
  }

  now(): number {
    return Date.now() + this.ahead;
  }

  asked<T>(call: Promise<T>): Promise<T> {
    return this.line.asked(call);
  }

  private homeAnswers(answers: boolean): void {
    this.tell();
    if (!answers) return;
    this.lookAtDevices();
    this.lookAtMentions();
    if (this.away) this.startAgain().catch(() => undefined);
    this.leases.soon();
    this.people.again();
    this.book.again();
    this.logs.reopen();
    this.sender.pumpAll();
  }

  private async take(reply: Promise<Changed>): Promise<Changed> {
    const changed = await reply;
    this.people.learn(changed.people);
    const { room } = changed.room;
    await this.book.take([changed.room], { [room]: changed.rosters }, [], changed.snapshot === null ? {} : { [room]: changed.snapshot });
    this.meetings.lease(changed.keys.media);
    await this.keys.lease(changed.keys.keys);
    return changed;
  }

  // ---- the connection to relay

  private up(welcome: Welcome): void {
    this.ahead = welcome.now - Date.now();
    this.everOpen = true;
    this.book.welcome(welcome, this.relay.leads);
    this.logs.catchUp();
    this.live.up();
    this.seen.up();
    this.sender.pumpAll();
    this.line.syncSoon();
    if (this.keeper()) {
      void fetchNewest(this, this.book, welcome, (room) => this.logs.has(room)).then(() => {
        this.leases.soon();
      });
    }
    this.tell();
  }

  private down(code: string | null): { again: boolean } {
    this.sender.down();
    this.book.down();
    this.seen.down();
    if (code === 'grant_expired' || code === 'bad_grant') this.line.renewFirst();
    if (code === 'revoked') this.revoked();
    this.tell();
    return { again: code !== 'revoked' && code !== 'replaced' };
  }

  /** Whether it is this tab that puts into storage what comes for all of them. */
  private keeper(): boolean {
    return this.relay.leads || this.storage.ofThisTab;
  }

  // ---- states and ends

  private renamed(): void {
    this.book.renamed();
    this.logs.renamed();
  }

  private tell(): void {
    this.connection.set(this.state());
  }

  private state(): Connection {
    if (this.over !== null) return this.over;
    if (this.relay.replaced) return 'replaced';
    if (this.stream() !== null) return this.line.answers ? 'online' : 'home_away';
    if (!navigator.onLine) return 'offline';
    if (this.line.lapsed) return 'lapsed';
    if (this.relay.settling) return this.connection.get();
    return this.everOpen ? 'relay_away' : 'starting';
  }

  private revoked(): void {
    if (this.over !== null) return;
    this.relay.endAll('revoked');
    this.forget('revoked');
  }

  /** This device may not go on: nothing of it stays here. Every tab sees to that, since each may have kept something meanwhile. */
  private forget(how: 'signed_out' | 'revoked'): void {
    if (this.over !== null) return;
    this.wiping = true;
    this.finish(how);
    void this.wipe();
  }

  private finish(how: 'signed_out' | 'revoked'): void {
    if (this.over !== null) return;
    this.over = how;
    this.stop();
    this.tell();
  }

  private async wipe(): Promise<void> {
    await Promise.all([this.keys.wipe(), wipeStorage(this.pid)]);
    this.keys.end();
  }
}
