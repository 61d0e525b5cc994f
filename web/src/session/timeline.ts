/**
 * One room's messages: from the cache at once, then what relay has, then news; what waits in the outbox comes last.
 *
 * In memory is a run of envelopes without a hole (`window.ts`), not the whole room: the newest ones, or those around a message that was
 * jumped to. What is about a message comes after it, so for messages apart from the newest relay is asked for that (`Refs`). Work on a room is
 * done one step after the other.
 */
import { codeOf, Refusal } from '../doors/refusal';
import type { Bytes } from '../wire/bytes';
import type { MsgId, Pid, RoomId } from '../wire/ids';
import type { Page } from '../wire/types';
import { About, storedOf, type Opened } from './about';
import type { Opening, Timeline } from './api';
import { isBase, type Fold } from './fold';
import type { Ground } from './ground';
import type { Opener, Result } from './opener';
import type { Outbox } from './outbox';
import { askFound, askPage, type Ask } from './page';
import type { Rooms } from './rooms';
import { Signal, soon } from './signal';
import { isIn } from './size';
import type { Stored } from './storage';
import type { Way } from './tabs/following';
import { Typists } from './typists';
import { isShown, View } from './view';
import { Window, type Row } from './window';

const CACHED_AT_ONCE = 60;
const PAGE = 50;
const BIG_PAGE = 200;
/** Further behind than this, the newest page is fetched instead of everything between. */
const CATCH_UP = 600;
/** Envelopes in memory, and as many more before some are forgotten. */
const KEPT = 3_000;
const SLACK = 1_000;
/** So many messages at least come with `older`, whatever else stands between them, if they are to be had in so many pages. */
const ENOUGH = 15;
const MOST_PAGES = 60;

/** Openings that may become better when home answers. */
const MAY_IMPROVE = new Set<Opening>(['home_away', 'no_key_yet']);

export interface Parts {
  readonly ground: Ground;
  readonly rooms: Rooms;
  readonly outbox: Outbox;
  readonly opener: Opener;
}

/** Who shows some of the room's messages too, as an open thread does. */
export interface Reader {
  /** Something was opened, or is not to be read any more. */
  took(list: readonly Opened[]): void;
  changed(): void;
  /** Relay is there, or something was missed. */
  catchUp(): void;
  shows(id: MsgId): boolean;
}

export class RoomLog {
  readonly timeline: Signal<Timeline>;
  readonly view: View;
  readonly about: About;
  private readonly readers = new Set<Reader>();
  private readonly window = new Window();
  private readonly typists = new Typists(() => {
    this.publish();
  });
  private loading = true;
  /** The window ends with the newest message; otherwise news are not added to it. */
  private atEnd = true;
  /** Who looks goes back: it is the newest ones that are forgotten. */
  private goesBack = false;
  readonly readUpTo: number;
  private steps: Promise<unknown> = Promise.resolve();
  private readonly publish = soon(() => {
    this.timeline.set(this.made());
    for (const reader of this.readers) reader.changed();
    this.view.askLeaders();
  });

  constructor(
    readonly room: RoomId,
    readonly parts: Parts,
  ) {
    const { ground, rooms } = parts;
    this.view = new View(room, parts, this.window, this.publish);
    this.about = new About(room, ground, parts.opener, this.window, (list) => {
      this.take(list);
    });
    this.readUpTo = rooms.position(room).read;
    this.timeline = new Signal(this.made());
    void this.quietly(async () => {
      await this.add(await ground.storage.envelopes(room, Infinity, CACHED_AT_ONCE), 'above');
    });
    this.catchUp();
  }

  /** The newest position of the room that is known. */
  private get newestPos(): number {
    return this.parts.rooms.position(this.room).pos;
  }

  // ---- what comes

  /** Brings the room up to relay's newest position; does nothing without a connection. */
  catchUp(): void {
    for (const reader of this.readers) reader.catchUp();
    void this.quietly(async () => {
      const stream = this.parts.ground.stream();
      if (stream !== null) await (this.atEnd ? this.follow(stream) : this.about.missed(stream, this.newestPos));
      this.loading &&= stream === null && this.window.rows.length === 0;
      this.publish();
    });
  }

  private async follow(stream: Way): Promise<void> {
    const known = this.window.top;
    if (known === 0 || this.newestPos - known > CATCH_UP) {
      this.forget();
      await this.page(await this.ask(stream, { limit: PAGE }), 'below');
    } else if (this.newestPos > known) {
      // The newest known one is asked for again: relay must still have it there (where purging comes, or a tombstone over it).
      let page = await this.ask(stream, { after: known - 1, limit: BIG_PAGE });
      if (page.pos[0] !== known || this.window.differs(known, page.env[0])) throw new Refusal('relay_log_differs');
      for (;;) {
        await this.page(page, 'above');
        if (!page.more || this.window.top >= this.newestPos) break;
        page = await this.ask(stream, { after: this.window.top, limit: BIG_PAGE });
      }
    }
    if (this.window.more && this.window.rows.length < PAGE) await this.before(stream, PAGE);
  }

  /** News from relay, and what they say. A hole before them is fetched. */
  batch(pos: number, list: readonly Bytes[], opened: Promise<readonly Result[]>): void {
    void this.quietly(async () => {
      const { top } = this.window;
      if (list.some((env, index) => this.window.differs(pos + index, env))) throw new Refusal('relay_log_differs');
      const hole = this.atEnd ? top > 0 && pos > top + 1 : pos > this.about.heard + 1;
      if (hole) {
        this.catchUp();
        return;
      }
      const results = await opened;
      const fresh = list.flatMap((env, index) => {
        const result = results[index];
        return result === undefined || pos + index <= (this.atEnd ? top : this.about.heard) ? [] : [{ pos: pos + index, env, result }];
      });
      if (this.atEnd) this.put(fresh, 'above');
      else {
        this.about.heard = Math.max(this.about.heard, pos + list.length - 1);
        this.take(fresh.filter(({ result: { head } }) => head !== null && (!isBase(head) || head.thread !== null)));
      }
      this.publish();
    });
  }

  async older(): Promise<void> {
    await this.quietly(async () => {
      this.goesBack = true;
      let found = 0;
      for (let pages = 0; this.window.more && this.window.rows.length > 0 && found < ENOUGH && pages < MOST_PAGES; pages += 1) {
        const cached = await this.parts.ground.storage.envelopes(this.room, this.window.bottom, pages === 0 ? PAGE : BIG_PAGE);
        const before = this.window.rows.length;
        const stream = this.parts.ground.stream();
        if (cached.length > 0) await this.addBelow(cached, stream);
        else if (stream === null) break;
        else await this.busy(() => this.before(stream, pages === 0 ? PAGE : BIG_PAGE));
        found += this.window.rows.slice(0, this.window.rows.length - before).filter(isShown).length;
      }
      this.trim();
      this.publish();
    });
  }

  async newer(): Promise<void> {
    await this.quietly(async () => {
      if (this.atEnd) return;
      this.goesBack = false;
      const { top } = this.window;
      const kept = await this.parts.ground.storage.range(this.room, top + 1, top + PAGE);
      const cached = kept.filter(({ pos }, at) => pos === top + 1 + at);
      const stream = this.parts.ground.stream();
      if (cached.length > 0) await this.add(cached, 'above');
      else if (stream !== null) await this.busy(async () => this.page(await this.ask(stream, { after: top, limit: PAGE }), 'above'));
      const rows = this.window.rows.filter(({ pos }) => pos > top);
      await this.about.cover(rows, stream);
      if (this.window.top >= this.newestPos) this.atEnd = true;
      this.trim();
      this.publish();
    });
  }

  /** Back to the newest ones. */
  async newest(): Promise<void> {
    this.goesBack = false;
    if (this.atEnd) return;
    await this.quietly(async () => {
      this.forget();
      this.atEnd = true;
      await this.add(await this.parts.ground.storage.envelopes(this.room, Infinity, CACHED_AT_ONCE), 'above');
    });
    this.catchUp();
    await this.steps;
  }

  /** Shows what stands around a message; `false`: it is not there. Rejects with `relay_away` where relay has to be asked and is not there. */
  async jump(id: MsgId): Promise<boolean> {
    return this.step(async () => {
      this.goesBack = true;
      if (this.window.has(id)) return true;
      const stream = this.parts.ground.stream();
      if (stream === null) throw new Refusal('relay_away');
      return this.busy(async () => {
        const page = await askFound(stream, { room: this.room, msg: id, limit: PAGE });
        if (page === null) return false;
        const list = storedOf(page);
        const results = await this.parts.opener.open(this.room, list.map(({ env }) => env));
        if (!results.some(({ head, opening }) => head?.msgId === id && opening !== 'cannot_open')) return false;
        await this.about.sameAsKept(list);
        this.leaveEnd();
        this.forget();
        await this.parts.ground.storage.keep(this.room, list).catch(() => undefined);
        this.put(list.flatMap((one, at) => (results[at] === undefined ? [] : [{ ...one, result: results[at] }])), 'above');
        this.window.setMore(page.more);
        this.atEnd = this.window.top >= this.newestPos;
        await this.about.cover(this.window.rows, stream);
        return true;
      });
    });
  }

  // ---- what the screens do

  /** Everything shown has been read. */
  read(): void {
    this.goesBack = false;
    const pos = this.window.top;
    if (pos <= this.parts.rooms.position(this.room).read) return;
    this.parts.rooms.read(this.room, pos);
    this.parts.ground.stream()?.send('Read', { room: this.room, pos });
  }

  typing(): void {
    if (!this.parts.ground.settings.own.get().typing) return;
    this.typists.say(() => this.parts.ground.stream()?.send('Typing', { room: this.room }) ?? false);
  }

  typist(pid: Pid): void {
    const state = this.parts.rooms.state(this.room);
    if (pid !== this.parts.ground.pid && state !== null && isIn(state, pid)) this.typists.writes(pid);
  }

  /** Names or the outbox changed. */
  refresh(names: boolean): void {
    if (names) this.view.renamed();
    else this.settle();
    this.publish();
  }

  /** There may be a newer roster, by which more counts than before. */
  ruled(): void {
    this.fold.decide();
    this.publish();
  }

  /** Home is there again: what could not be opened for that reason is tried once more. */
  reopen(): void {
    this.view.again();
    void this.quietly(async () => {
      const waiting = this.window.rows.filter(({ opening }) => MAY_IMPROVE.has(opening));
      const results = waiting.length === 0 ? [] : await this.parts.opener.open(this.room, waiting.map(({ env }) => env));
      waiting.forEach((row, at) => {
        row.opening = results[at]?.opening ?? row.opening;
        row.view = null;
      });
      this.take(waiting.flatMap(({ pos }, at) => (results[at] === undefined ? [] : [{ pos, result: results[at] }])));
      this.publish();
    });
  }

  attend(reader: Reader): void {
    this.readers.add(reader);
  }

  /** The reader is gone, with what only it showed. */
  leave(reader: Reader, shown: readonly MsgId[]): void {
    this.readers.delete(reader);
    for (const id of shown) if (!this.window.has(id) && !this.isRead(id)) this.fold.drop(id);
  }

  private isRead(id: MsgId): boolean {
    return [...this.readers].some((reader) => reader.shows(id));
  }

  get fold(): Fold {
    return this.view.fold;
  }

  get rows(): readonly Row[] {
    return this.window.rows;
  }

  end(): void {
    this.typists.end();
    this.view.end();
  }

  // ---- steps

  /** Runs `work` after what is under way. A relay that was caught lying is not believed any more. */
  step<T>(work: () => Promise<T>): Promise<T> {
    const next = this.steps.then(work).catch((error: unknown) => {
      if (codeOf(error) === 'relay_log_differs') {
        this.loading = false;
        this.parts.rooms.catchLying(this.room);
        this.publish();
      }
      throw error;
    });
    this.steps = next.catch(() => undefined);
    return next;
  }

  /** As `step`; without a connection the room stays as it is, and the next welcome catches up. */
  quietly(work: () => Promise<void>): Promise<void> {
    return this.step(work).catch((error: unknown) => {
      if (codeOf(error) === 'internal') throw error;
    });
  }

  private async busy<T>(work: () => Promise<T>): Promise<T> {
    this.loading = true;
    this.publish();
    try {
      return await work();
    } finally {
      this.loading = false;
      this.publish();
    }
  }

  private ask(stream: Way, { before = null, after = null, limit }: Partial<Ask> & Pick<Ask, 'limit'>): Promise<Page> {
    return askPage(stream, { room: this.room, before, after, limit });
  }

  private async before(stream: Way, limit: number): Promise<void> {
    const { bottom } = this.window;
    if (bottom === 0) return;
    await this.page(await this.ask(stream, { before: bottom, limit }), 'below');
    await this.about.cover(this.window.rows.filter(({ pos }) => pos < bottom), stream);
  }

  private async page(page: Page, where: 'above' | 'below'): Promise<void> {
    const known = where === 'above' ? this.window.top : 0;
    const list = storedOf(page).filter(({ pos }) => pos > known);
    await this.parts.ground.storage.keep(this.room, list).catch(() => undefined);
    await this.add(list, where);
    if (where === 'below') this.window.setMore(page.more);
  }

  private async add(list: readonly Stored[], where: 'above' | 'below'): Promise<void> {
    const results = await this.parts.opener.open(this.room, list.map(({ env }) => env));
    this.put(list.flatMap((one, at) => (results[at] === undefined ? [] : [{ ...one, result: results[at] }])), where);
    this.publish();
  }

  private async addBelow(list: readonly Stored[], stream: Way | null): Promise<void> {
    const { bottom } = this.window;
    await this.add(list, 'below');
    await this.about.cover(this.window.rows.filter(({ pos }) => pos < bottom), stream);
  }

  private put(list: readonly (Stored & { readonly result: Result })[], where: 'above' | 'below'): void {
    if (list.length === 0) return;
    const rows = this.window.add(list, where);
    // What stands twice is not what it says it is.
    this.take(list.filter((_, at) => rows[at]?.opening !== 'cannot_open'));
    if (this.atEnd) this.about.atEnd();
    for (const { head, env } of rows) if (head !== null && isBase(head)) this.parts.rooms.newest(this.room, env);
    // Whose message has come is not writing it any more.
    if (where === 'above') for (const { head } of rows) if (head) this.typists.stopped(head.pid);
    if (where === 'above' && !this.goesBack) this.trim();
    this.settle();
  }

  private take(list: readonly Opened[]): void {
    for (const { pos, result } of list) this.fold.put(pos, result);
    for (const reader of this.readers) reader.took(list);
    this.view.refresh();
  }

  private trim(): void {
    const over = this.window.rows.length - KEPT;
    if (over <= SLACK) return;
    if (this.goesBack) this.leaveEnd();
    this.drop(this.window.trim(over, this.goesBack ? 'above' : 'below'));
  }

  /** The newest ones are not in the window any more; what comes is still folded. */
  private leaveEnd(): void {
    if (this.atEnd) this.about.heard = this.window.top;
    this.atEnd = false;
  }

  private forget(): void {
    this.drop(this.window.clear());
  }

  private drop(rows: readonly Row[]): void {
    for (const { head } of rows) {
      if (head !== null && isBase(head) && !this.isRead(head.msgId)) this.fold.drop(head.msgId);
    }
  }

  /** What relay acknowledged must stand where it said. */
  private settle(): void {
    const { bottom, top } = this.window;
    const at = this.atEnd && bottom > 0 ? { bottom, top } : { bottom: 0, top: 0 };
    this.parts.outbox.arrived(this.room, (id) => this.view.has(id), at.bottom, at.top);
    this.view.refresh();
  }

  private made(): Timeline {
    const eyes = this.view.eyes();
    const { rows, gaps, more } = this.window;
    return {
      messages: this.view.messages(this.atEnd, eyes),
      loading: this.loading,
      more: more && rows.length > 0,
      moreNewer: !this.atEnd,
      readUpTo: this.readUpTo,
      gaps,
      typing: this.typists.pids.map((pid) => eyes.person(pid)),
    };
  }
}
