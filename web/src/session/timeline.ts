/**
 * One room's messages: from the cache at once, then what relay has, then news; what waits in the outbox comes last.
 *
 * In memory is a run of envelopes without a hole (`window.ts`), not the whole room: the newest ones, or those around a message that was
 * jumped to. What is about a message comes after it, so for messages apart from the newest relay is asked for that (`Refs`). Work on a room is
 * done one step after the other.
 */
import { codeOf, Refusal } from '../doors/refusal';
import { equal, type Bytes } from '../wire/bytes';
import type { EnvelopeHead } from '../wire/envelope';
import type { MsgId, Pid, RoomId } from '../wire/ids';
import type { Page } from '../wire/types';
import type { Message, Opening, Timeline } from './api';
import { Fold, isBase, RINGS_MS } from './fold';
import type { Ground } from './ground';
import { closedMessage, isOwn, messageOf, waitingMessage, type Eyes } from './message';
import type { Opener, Result } from './opener';
import type { Outbox, Waiting } from './outbox';
import { askFound, askPage, askRefs, type Ask } from './page';
import type { Rooms } from './rooms';
import { Signal, soon } from './signal';
import { isIn } from './size';
import type { Stored } from './storage';
import type { Way } from './tabs/following';
import { Typists } from './typists';
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
  took(list: readonly { readonly pos: number; readonly result: Result }[]): void;
  changed(): void;
  /** Relay is there, or something was missed. */
  catchUp(): void;
  shows(id: MsgId): boolean;
}

export class RoomLog {
  readonly timeline: Signal<Timeline>;
  readonly fold: Fold;
  private readonly readers = new Set<Reader>();
  private readonly window = new Window();
  private readonly typists = new Typists(() => {
    this.publish();
  });
  private pending = new Map<MsgId, Waiting[]>();
  private loading = true;
  /** The window ends with the newest message; otherwise news are not added to it. */
  private atEnd = true;
  /** From here to the newest everything has been folded. */
  private covered = Infinity;
  /** Up to here all that is about the window's messages has been asked for. */
  private heard = 0;
  /** Who looks goes back: it is the newest ones that are forgotten. */
  private goesBack = false;
  private ringing: ReturnType<typeof setTimeout> | null = null;
  private asking = false;
  readonly readUpTo: number;
  private steps: Promise<unknown> = Promise.resolve();
  private readonly publish = soon(() => {
    this.timeline.set(this.view());
    for (const reader of this.readers) reader.changed();
    this.askLeaders();
  });

  constructor(
    readonly room: RoomId,
    readonly parts: Parts,
  ) {
    const { ground, rooms } = parts;
    this.fold = new Fold({
      me: ground.pid,
      leads: (pid, epoch) => rooms.leads(room, pid, epoch),
    });
    this.readUpTo = rooms.position(room).read;
    this.pending = this.waitingFor();
    this.timeline = new Signal(this.view());
    void this.quietly(async () => {
      await this.add(await ground.storage.envelopes(room, Infinity, CACHED_AT_ONCE), 'above');
    });
    this.catchUp();
  }

  // ---- what comes

  /** Brings the room up to relay's newest position; does nothing without a connection. */
  catchUp(): void {
    for (const reader of this.readers) reader.catchUp();
    void this.quietly(async () => {
      const stream = this.parts.ground.stream();
      if (stream !== null) await (this.atEnd ? this.follow(stream) : this.missed(stream));
      this.loading &&= stream === null && this.window.rows.length === 0;
      this.publish();
    });
  }

  private async follow(stream: Way): Promise<void> {
    const known = this.window.top;
    const newest = (): number => this.parts.rooms.position(this.room).pos;
    if (known === 0 || newest() - known > CATCH_UP) {
      this.forget();
      await this.page(await this.ask(stream, { limit: PAGE }), 'below');
    } else if (newest() > known) {
      // The newest known one is asked for again: relay must still have it there (where purging comes, or a tombstone over it).
      let page = await this.ask(stream, { after: known - 1, limit: BIG_PAGE });
      if (page.pos[0] !== known || this.window.differs(known, page.env[0])) throw new Refusal('relay_log_differs');
      for (;;) {
        await this.page(page, 'above');
        if (!page.more || this.window.top >= newest()) break;
        page = await this.ask(stream, { after: this.window.top, limit: BIG_PAGE });
      }
    }
    if (this.window.more && this.window.rows.length < PAGE) await this.before(stream, PAGE);
  }

  /** While the window was elsewhere something may have been said of its messages. */
  private async missed(stream: Way): Promise<void> {
    const { pos } = this.parts.rooms.position(this.room);
    const from = this.covered === Infinity ? this.window.bottom : this.heard;
    if (pos <= from) return;
    this.covered = Infinity;
    await this.refs(stream, this.window.rows, from);
    this.heard = pos;
    this.covered = pos + 1;
  }

  /** News from relay, and what they say. A hole before them is fetched. */
  batch(pos: number, list: readonly Bytes[], opened: Promise<readonly Result[]>): void {
    void this.quietly(async () => {
      const { top } = this.window;
      if (list.some((env, index) => this.window.differs(pos + index, env))) throw new Refusal('relay_log_differs');
      const hole = this.atEnd ? top > 0 && pos > top + 1 : pos > this.heard + 1;
      if (hole) {
        this.catchUp();
        return;
      }
      const results = await opened;
      const fresh = list.flatMap((env, index) => {
        const result = results[index];
        return result === undefined || pos + index <= (this.atEnd ? top : this.heard) ? [] : [{ pos: pos + index, env, result }];
      });
      if (this.atEnd) this.put(fresh, 'above');
      else {
        this.heard = Math.max(this.heard, pos + list.length - 1);
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
        found += this.window.rows.slice(0, this.window.rows.length - before).filter((row) => this.isShown(row)).length;
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
      const cached = kept.slice(0, kept.findIndex(({ pos }, at) => pos !== top + 1 + at) >>> 0);
      const stream = this.parts.ground.stream();
      if (cached.length > 0) await this.add(cached, 'above');
      else if (stream !== null) await this.busy(async () => this.page(await this.ask(stream, { after: top, limit: PAGE }), 'above'));
      const rows = this.window.rows.filter(({ pos }) => pos > top);
      await this.cover(rows, stream);
      if (this.window.top >= this.parts.rooms.position(this.room).pos) this.atEnd = true;
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
        await this.sameAsKept(list);
        this.leaveEnd();
        this.forget();
        await this.parts.ground.storage.keep(this.room, list).catch(() => undefined);
        this.put(list.flatMap((one, at) => (results[at] === undefined ? [] : [{ ...one, result: results[at] }])), 'above');
        this.window.setMore(page.more);
        this.atEnd = this.window.top >= this.parts.rooms.position(this.room).pos;
        await this.cover(this.window.rows, stream);
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
    this.typists.say(() => this.parts.ground.stream()?.send('Typing', { room: this.room }) ?? false);
  }

  typist(pid: Pid): void {
    const state = this.parts.rooms.state(this.room);
    if (pid !== this.parts.ground.pid && state !== null && isIn(state, pid)) this.typists.writes(pid);
  }

  /** Names or the outbox changed. */
  refresh(names: boolean): void {
    if (names) {
      for (const row of this.window.rows) row.view = null;
      this.fold.renamed();
    } else this.settle();
    this.publish();
  }

  /** Home is there again: what could not be opened for that reason is tried once more. */
  reopen(): void {
    this.asking = false;
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

  get rows(): readonly Row[] {
    return this.window.rows;
  }

  end(): void {
    this.typists.end();
    if (this.ringing !== null) clearTimeout(this.ringing);
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
    await this.cover(this.window.rows.filter(({ pos }) => pos < bottom), stream);
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
    await this.cover(this.window.rows.filter(({ pos }) => pos < bottom), stream);
  }

  private put(list: readonly (Stored & { readonly result: Result })[], where: 'above' | 'below'): void {
    if (list.length === 0) return;
    const rows = this.window.add(list, where);
    // What stands twice is not what it says it is.
    this.take(list.filter((_, at) => rows[at]?.opening !== 'cannot_open'));
    if (this.atEnd) this.covered = this.window.bottom;
    for (const { head, env } of rows) if (head !== null && isBase(head)) this.parts.rooms.newest(this.room, env);
    // Whose message has come is not writing it any more.
    if (where === 'above') for (const { head } of rows) if (head) this.typists.stopped(head.pid);
    if (where === 'above' && !this.goesBack) this.trim();
    this.settle();
  }

  take(list: readonly { readonly pos: number; readonly result: Result }[]): void {
    for (const { pos, result } of list) this.fold.put(pos, result);
    for (const reader of this.readers) reader.took(list);
    this.pending = this.waitingFor();
  }

  /** Sees to it that all that is about these rows is here: they join what is here up to the newest, or it is asked for. */
  private async cover(rows: readonly Row[], stream: Way | null): Promise<void> {
    const [first] = rows;
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return;
    if (last.pos >= this.covered - 1) this.covered = Math.min(this.covered, this.window.bottom);
    else await this.refs(stream, rows, last.pos);
  }

  /** Asks what is about these rows, after a position. */
  private async refs(stream: Way | null, rows: readonly Row[], after: number): Promise<void> {
    const ids = rows.flatMap(({ head, opening }) => (head !== null && isBase(head) && opening !== 'cannot_open' ? [head.msgId] : []));
    if (stream === null) {
      const kept = await Promise.all(ids.map((id) => this.parts.ground.storage.about(this.room, id)));
      await this.openAndTake(kept.flat());
      return;
    }
    for (let at = 0; at < ids.length; at += BIG_PAGE) {
      const of = ids.slice(at, at + BIG_PAGE);
      for await (const page of askRefs(stream, { room: this.room, of, after, limit: BIG_PAGE })) {
        await this.keepAndTake(page);
      }
    }
  }

  /** Opens envelopes from wherever they are kept, and takes those that are wanted. */
  async openAndTake(list: readonly Stored[], wanted: (head: EnvelopeHead) => boolean = () => true): Promise<void> {
    const results = list.length === 0 ? [] : await this.parts.opener.open(this.room, list.map(({ env }) => env));
    this.take(results.flatMap((result, at) => (result.head !== null && wanted(result.head) ? [{ pos: list[at]?.pos ?? 0, result }] : [])));
  }

  /** As `openAndTake`, of a page from relay. */
  async keepAndTake(page: Page, wanted?: (head: EnvelopeHead) => boolean): Promise<void> {
    const list = storedOf(page);
    await this.parts.ground.storage.keep(this.room, list).catch(() => undefined);
    await this.openAndTake(list, wanted);
  }

  /** Relay may not show another envelope where this device has kept one. */
  private async sameAsKept(list: readonly Stored[]): Promise<void> {
    const [first] = list;
    const last = list.at(-1);
    if (first === undefined || last === undefined) return;
    const kept = new Map((await this.parts.ground.storage.range(this.room, first.pos, last.pos)).map(({ pos, env }) => [pos, env]));
    for (const { pos, env } of list) {
      const known = kept.get(pos);
      if (this.window.differs(pos, env) || (known !== undefined && !equal(known, env))) throw new Refusal('relay_log_differs');
    }
  }

  private trim(): void {
    const over = this.window.rows.length - KEPT;
    if (over <= SLACK) return;
    if (this.goesBack) this.leaveEnd();
    this.drop(this.window.trim(over, this.goesBack ? 'above' : 'below'));
  }

  /** The newest ones are not in the window any more; what comes is still folded. */
  private leaveEnd(): void {
    if (this.atEnd) this.heard = this.window.top;
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
    this.parts.outbox.arrived(this.room, (id) => this.has(id), at.bottom, at.top);
    this.pending = this.waitingFor();
  }

  private has(id: MsgId): boolean {
    return this.window.has(id) || this.fold.has(id);
  }

  /** What waits to be said of messages, by message. */
  private waitingFor(): Map<MsgId, Waiting[]> {
    const found = new Map<MsgId, Waiting[]>();
    for (const item of this.parts.outbox.of(this.room)) {
      if (item.ref !== null && !this.has(item.id)) found.set(item.ref, [...(found.get(item.ref) ?? []), item]);
    }
    for (const id of [...this.pending.keys(), ...found.keys()]) {
      const line = this.fold.get(id);
      if (line !== undefined) line.view = null;
    }
    return found;
  }

  /** Only home knows who led the room before this device came; asked once, and again when home comes back. */
  private askLeaders(): void {
    if (this.asking || !this.fold.asks) return;
    this.asking = true;
    this.parts.rooms.leaders(this.room).then(() => {
      this.fold.decide();
      this.asking = this.fold.asks;
      this.publish();
    }, () => undefined);
  }

  // ---- what the screens see

  eyes(): Eyes {
    const { ground, rooms } = this.parts;
    return {
      room: this.room, me: ground.pid, direct: rooms.isDirect(this.room), members: rooms.count(this.room), now: ground.now(),
      person: (pid) => ground.people.get(pid),
    };
  }

  private view(): Timeline {
    const eyes = this.eyes();
    const { rows, gaps, more } = this.window;
    return {
      messages: [...rows.filter((row) => this.isShown(row)).map((row) => this.shown(row, eyes)).filter((message) => message !== null), ...this.waiting(null, eyes)],
      loading: this.loading,
      more: more && rows.length > 0,
      moreNewer: !this.atEnd,
      readUpTo: this.readUpTo,
      gaps,
      typing: this.typists.pids.map((pid) => eyes.person(pid)),
    };
  }

  /** Answers in threads, and what is about other messages, have no line of their own; what nobody can read has. */
  private isShown({ head, opening }: Row): boolean {
    return head === null || opening === 'cannot_open' || (isBase(head) && head.thread === null);
  }

  private shown(row: Row, eyes: Eyes): Message | null {
    const { pos, head, opening } = row;
    if (head === null || opening === 'cannot_open') {
      row.view ??= closedMessage(pos, head?.msgId ?? null, opening, head === null ? NOBODY : eyes.person(head.pid), (head?.sentAt ?? 0) * 1000, eyes);
      return row.view;
    }
    return this.messageOf(head.msgId, eyes);
  }

  /** A message as the screens see it, if it is here. */
  messageOf(id: MsgId, eyes: Eyes): Message | null {
    const line = this.fold.get(id);
    if (line === undefined) return null;
    line.view ??= messageOf(line, this.fold, this.pending.get(id) ?? [], eyes);
    if (line.view?.call?.state === 'ringing') this.watchRing(line.view, eyes.now);
    return line.view;
  }

  /** What waits in the room, or in one of its threads, and is not shown from relay. */
  waiting(thread: MsgId | null, eyes: Eyes): Message[] {
    if (thread === null && !this.atEnd) return [];
    const { top } = this.window;
    const items = this.parts.outbox.of(this.room).filter((item) => isOwn(item) && item.thread === thread && !this.has(item.id) && (thread !== null || item.pos === null || item.pos > top));
    return items.map((item) => waitingMessage(item, this.pending.get(item.id) ?? [], eyes)).filter((message) => message !== null);
  }

  /** After a minute nobody answers any more. */
  private watchRing({ id, sentAt }: Message, now: number): void {
    this.ringing ??= setTimeout(() => {
      this.ringing = null;
      const line = this.fold.get(id);
      if (line !== undefined) line.view = null;
      this.publish();
    }, sentAt + RINGS_MS - now + 100);
  }
}

const NOBODY = { pid: '' as Pid, name: null, department: '', title: '' };

function storedOf({ pos, env }: Page): Stored[] {
  return pos.flatMap((one, at): Stored[] => (env[at] ? [{ pos: one, env: env[at] }] : []));
}
