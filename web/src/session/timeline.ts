/**
 * One room's messages: from the cache at once, then what relay has, then news; what waits in the outbox comes last.
 *
 * Positions are contiguous from `bottom` to `top`; a hole is fetched. Work on a room is done one step after the other.
 */
import { codeOf, Refusal } from '../doors/refusal';
import { equal, type Bytes } from '../wire/bytes';
import type { Dev, MsgId, Pid, RoomId } from '../wire/ids';
import type { Page } from '../wire/types';
import type { Message, Opening, Timeline } from './api';
import type { Ground } from './ground';
import type { Opener, Result } from './opener';
import type { Outbox, Waiting } from './outbox';
import { askPage, type Ask } from './page';
import type { Rooms } from './rooms';
import { Signal, soon } from './signal';
import { isIn } from './size';
import type { Stored } from './storage';
import type { Way } from './tabs/following';

const CACHED_AT_ONCE = 60;
const PAGE = 50;
const CATCH_UP_PAGE = 200;
/** Further behind than this, the newest page is fetched instead of everything between. */
const CATCH_UP = 600;
const TYPING_MS = 6_000;
const TYPING_SAID_MS = 3_000;

/** Openings that may become better when home answers. */
const MAY_IMPROVE = new Set<Opening>(['home_away', 'no_key_yet']);

const PLAIN = {
  kind: 'text', thread: null, edited: false, deleted: null, mentions: [], mentionsAll: false, mentionsMe: false, quote: null, files: [],
  reactions: [], replies: null, call: null,
} as const;

interface Row {
  readonly pos: number;
  readonly env: Bytes;
  result: Result;
  view: Message | null;
}

export interface Parts {
  readonly ground: Ground;
  readonly rooms: Rooms;
  readonly outbox: Outbox;
  readonly opener: Opener;
}

export class RoomLog {
  readonly timeline: Signal<Timeline>;
  private rows: Row[] = [];
  private ids = new Set<MsgId>();
  private gaps: readonly number[] = [];
  private more = true;
  private loading = true;
  private readonly typists = new Map<Pid, ReturnType<typeof setTimeout>>();
  private saidTyping = 0;
  private readonly readUpTo: number;
  private steps: Promise<void> = Promise.resolve();
  private readonly publish = soon(() => {
    this.timeline.set(this.view());
  });

  constructor(
    readonly room: RoomId,
    private readonly parts: Parts,
  ) {
    this.readUpTo = parts.rooms.position(room).read;
    this.timeline = new Signal(this.view());
    void this.step(async () => {
      await this.add(await parts.ground.storage.envelopes(room, Infinity, CACHED_AT_ONCE), 'above');
    });
    this.catchUp();
  }

  /** Brings the room up to relay's newest position; does nothing without a connection. */
  catchUp(): void {
    void this.step(async () => {
      const stream = this.parts.ground.stream();
      if (stream === null) {
        this.loading &&= this.rows.length === 0;
        this.publish();
        return;
      }
      const known = this.top();
      const { pos } = this.parts.rooms.position(this.room);
      if (known === 0 || pos - known > CATCH_UP) {
        if (known > 0) this.forget();
        await this.page(await this.ask(stream, { limit: PAGE }), 'below');
      } else if (pos > known) {
        // The newest known one is asked for again: relay must still have it there (where purging comes, or a tombstone over it).
        let page = await this.ask(stream, { after: known - 1, limit: CATCH_UP_PAGE });
        if (page.pos[0] !== known || this.differs(known, page.env[0])) throw new Refusal('relay_log_differs');
        for (;;) {
          await this.page(page, 'above');
          if (!page.more || this.top() >= this.parts.rooms.position(this.room).pos) break;
          page = await this.ask(stream, { after: this.top(), limit: CATCH_UP_PAGE });
        }
      }
      if (this.more && this.rows.length < PAGE) await this.before(stream);
      this.loading = false;
      this.publish();
    });
  }

  /** News from relay. A hole before it is fetched. */
  batch(pos: number, list: readonly Bytes[]): void {
    void this.step(async () => {
      const top = this.top();
      if (list.some((env, index) => this.differs(pos + index, env))) throw new Refusal('relay_log_differs');
      if (pos > top + 1 && top > 0) {
        this.catchUp();
        return;
      }
      const fresh = list.map((env, index) => ({ pos: pos + index, env })).filter((one) => one.pos > top);
      await this.add(fresh, 'above');
    });
  }

  async older(): Promise<void> {
    await this.step(async () => {
      const bottom = this.rows[0]?.pos;
      if (!this.more || bottom === undefined) return;
      const cached = await this.parts.ground.storage.envelopes(this.room, bottom, PAGE);
      if (cached.length > 0) {
        await this.add(cached, 'below');
        return;
      }
      const stream = this.parts.ground.stream();
      if (stream === null) return;
      this.loading = true;
      this.publish();
      try {
        await this.before(stream);
      } finally {
        this.loading = false;
        this.publish();
      }
    });
  }

  /** Everything shown has been read. */
  read(): void {
    const pos = this.top();
    if (pos <= this.parts.rooms.position(this.room).read) return;
    this.parts.rooms.read(this.room, pos);
    this.parts.ground.stream()?.send('Read', { room: this.room, pos });
  }

  /** Says that one writes, at most every 3 s. */
  typing(): void {
    if (Date.now() - this.saidTyping < TYPING_SAID_MS) return;
    if (this.parts.ground.stream()?.send('Typing', { room: this.room })) this.saidTyping = Date.now();
  }

  typist(pid: Pid): void {
    const state = this.parts.rooms.state(this.room);
    if (pid === this.parts.ground.pid || state === null || !isIn(state, pid)) return;
    clearTimeout(this.typists.get(pid));
    this.typists.set(pid, setTimeout(() => {
      this.typists.delete(pid);
      this.publish();
    }, TYPING_MS));
    this.publish();
  }

  private stopped(pid: Pid): void {
    clearTimeout(this.typists.get(pid));
    this.typists.delete(pid);
  }

  /** Names or the outbox changed. */
  refresh(names: boolean): void {
    if (names) for (const row of this.rows) row.view = null;
    else this.settle();
    this.publish();
  }

  /** Home is there again: what could not be opened for that reason is tried once more. */
  reopen(): void {
    void this.step(async () => {
      const waiting = this.rows.filter(({ result }) => MAY_IMPROVE.has(result.opening));
      if (waiting.length === 0) return;
      const results = await this.parts.opener.open(this.room, waiting.map(({ env }) => env));
      waiting.forEach((row, at) => {
        row.result = results[at] ?? row.result;
        row.view = null;
      });
      this.publish();
    });
  }

  end(): void {
    for (const timer of this.typists.values()) clearTimeout(timer);
    this.typists.clear();
  }

  private async before(stream: Way): Promise<void> {
    const before = this.rows[0]?.pos;
    if (before === undefined) return;
    await this.page(await this.ask(stream, { before, limit: PAGE }), 'below');
  }

  private ask(stream: Way, { before = null, after = null, limit }: Partial<Ask> & Pick<Ask, 'limit'>): Promise<Page> {
    return askPage(stream, { room: this.room, before, after, limit });
  }

  /** Whether another message than the one that relay shows now opened at that place before. */
  private differs(pos: number, env: Bytes | undefined): boolean {
    const row = pos > this.top() ? undefined : this.rows.find((one) => one.pos === pos);
    return row !== undefined && row.result.opening !== 'cannot_open' && (env === undefined || !equal(row.env, env));
  }

  private async page({ pos, env, more }: Page, where: 'above' | 'below'): Promise<void> {
    const known = where === 'above' ? this.top() : 0;
    const list = pos.flatMap((one, at): Stored[] => (env[at] && one > known ? [{ pos: one, env: env[at] }] : []));
    await this.parts.ground.storage.keep(this.room, list).catch(() => undefined);
    if (where === 'below') this.more = more;
    await this.add(list, where);
  }

  private async add(list: readonly Stored[], where: 'above' | 'below'): Promise<void> {
    if (list.length > 0) {
      const results = await this.parts.opener.open(this.room, list.map(({ env }) => env));
      const rows = list.flatMap(({ pos, env }, at): Row[] => {
        const result = results[at];
        return result === undefined ? [] : [{ pos, env, result, view: null }];
      });
      this.rows = where === 'above' ? [...this.rows, ...rows] : [...rows, ...this.rows];
      this.more &&= (this.rows[0]?.pos ?? 1) > 1;
      this.watch();
      const newest = rows.at(-1);
      if (newest !== undefined) this.parts.rooms.newest(this.room, newest.env);
      this.settle();
      // Whose message has come is not writing it any more.
      if (where === 'above') for (const { result } of rows) if (result.head) this.stopped(result.head.pid);
    }
    this.publish();
  }

  /** What relay acknowledged must stand where it said. */
  private settle(): void {
    const bottom = this.rows[0]?.pos;
    if (bottom !== undefined) this.parts.outbox.arrived(this.room, this.ids, bottom, this.top());
  }

  private forget(): void {
    this.rows = [];
    this.watch();
    this.more = true;
  }

  /**
   * Every device numbers its messages in a room without a hole (rule 5): a number or an id that stands twice is a replay
   * and does not open, a number left out is a message that relay kept back or lost. From the room's beginning on, each begins at 1.
   */
  private watch(): void {
    const ids = new Set<MsgId>();
    const last = new Map<Dev, number>();
    const gaps: number[] = [];
    for (const row of this.rows) {
      const { head, opening } = row.result;
      if (head === null || opening === 'cannot_open') continue;
      const before = last.get(head.dev) ?? (this.more ? head.seq - 1 : 0);
      if (ids.has(head.msgId) || head.seq <= before) {
        row.result = { head, opening: 'cannot_open', said: null };
        row.view = null;
        continue;
      }
      if (head.seq > before + 1) gaps.push(row.pos);
      ids.add(head.msgId);
      last.set(head.dev, head.seq);
    }
    this.ids = ids;
    this.gaps = gaps;
  }

  private top(): number {
    return this.rows.at(-1)?.pos ?? 0;
  }

  private step(work: () => Promise<void>): Promise<void> {
    const next = this.steps.then(work).catch((error: unknown) => {
      // Without a connection the room stays as it is; the next welcome catches up.
      if (codeOf(error) === 'internal') throw error;
      if (codeOf(error) !== 'relay_log_differs') return;
      this.loading = false;
      this.parts.rooms.catchLying(this.room);
      this.publish();
    });
    this.steps = next.catch(() => undefined);
    return next;
  }

  private view(): Timeline {
    const { people } = this.parts.ground;
    const top = this.top();
    const waiting = this.parts.outbox.of(this.room).filter(({ id, pos }) => !this.ids.has(id) && (pos === null || pos > top));
    return {
      messages: [...this.rows.map((row) => (row.view ??= this.messageOf(row))), ...waiting.map((item) => this.waitingOf(item))],
      loading: this.loading,
      more: this.more && this.rows.length > 0,
      moreNewer: false,
      readUpTo: this.readUpTo,
      gaps: this.gaps,
      typing: [...this.typists.keys()].map((pid) => people.get(pid)),
    };
  }

  private messageOf({ pos, result: { head, opening, said } }: Row): Message {
    const { pid: me, people } = this.parts.ground;
    const nobody = { pid: '' as Pid, name: null, department: '', title: '' };
    return {
      id: head?.msgId ?? (`pos-${String(pos)}` as MsgId),
      room: this.room,
      author: head === null ? nobody : people.get(head.pid),
      mine: head?.pid === me,
      sentAt: (head?.sentAt ?? 0) * 1000,
      ...PLAIN,
      text: said?.t ?? '',
      opening,
      pos,
      state: 'sent',
      reason: null,
    };
  }

  private waitingOf({ id, written, text, reason, pos }: Waiting): Message {
    const { pid: me, people } = this.parts.ground;
    const state = pos !== null ? 'sent' : reason === null ? 'waiting' : 'draft';
    return { id, room: this.room, author: people.get(me), mine: true, sentAt: written, ...PLAIN, text, opening: 'opened', pos, state, reason };
  }
}
