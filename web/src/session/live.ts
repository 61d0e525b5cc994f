/** What comes in any room, open on the screen or not: word of it for notices and ringing, and how many unread messages mention this person. */
import { wasLeader } from '../wire/chain';
import { CALL, DELETION, EDIT, MESSAGE } from '../wire/envelope';
import type { RoomId } from '../wire/ids';
import type { Batch } from '../wire/types';
import type { Message, Room, SessionEvents } from './api';
import { Fold, isBase } from './fold';
import type { Ground } from './ground';
import { messageOf } from './message';
import type { Opener, Result } from './opener';
import type { Rooms } from './rooms';
import { spread } from './size';
import type { Stored } from './storage';

const LIVE_MS = 60_000;
/** When, after a connection began, what came before it is looked at: by then most of it is kept, with its keys. */
const LOOKS_MS = [3_000, 15_000];
const UNREAD = 60;

type Listener = Parameters<SessionEvents['onMessage']>[0];

export class Live implements SessionEvents {
  private readonly listeners = new Set<Listener>();
  /** The newest position of each room that was told of. */
  private readonly told = new Map<RoomId, number>();
  private timers: ReturnType<typeof setTimeout>[] = [];

  constructor(
    private readonly ground: Ground,
    private readonly rooms: Rooms,
    private readonly opener: Opener,
  ) {}

  onMessage(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** News: opens them, for whoever needs them opened. */
  batch({ room, pos, env }: Batch): Promise<Result[]> {
    const opened = this.opener.open(room, env);
    void opened.then((results) => this.look(room, results.map((result, at) => ({ pos: pos + at, result }))));
    return opened;
  }

  /** A connection began. */
  up(): void {
    this.stop();
    this.timers = LOOKS_MS.map((ms) => setTimeout(() => void this.lookBack().catch(() => undefined), ms));
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
  }

  /** What is unread and kept, as far as its keys are here: home is not asked for that. */
  private async lookBack(): Promise<void> {
    for (const { id: room, unread } of this.rooms.list.get()) {
      const { read } = this.rooms.position(room);
      if (unread === 0) continue;
      const kept = (await this.ground.storage.envelopes(room, Infinity, UNREAD)).filter(({ pos }) => pos > read);
      await this.look(room, await this.opened(room, kept.filter(({ pos }) => pos > (this.told.get(room) ?? 0))));
    }
  }

  private async opened(room: RoomId, kept: readonly Stored[]): Promise<{ pos: number; result: Result }[]> {
    if (kept.length === 0) return [];
    const found = await this.ground.keys.openEnvelopes(room, kept.map(({ env }) => env));
    return found.flatMap(({ head, state, said }, at) =>
      state === 'opened' ? [{ pos: kept[at]?.pos ?? 0, result: { head, opening: 'opened' as const, said } }] : [],
    );
  }

  private async look(room: RoomId, list: readonly { readonly pos: number; readonly result: Result }[]): Promise<void> {
    for (const { pos, result } of list) {
      const { head, said } = result;
      if (head === null || said === null) continue;
      if (head.kind === EDIT && !said.m.includes(this.ground.pid) && !said.a) this.rooms.unmentioned(room, head.ref, head.pid);
      else if (head.kind === DELETION) this.removed(room, head);
      else if (head.pid !== this.ground.pid && isBase(head) && (head.kind === MESSAGE || head.kind === CALL)) await this.message(room, pos, result);
    }
  }

  private removed(room: RoomId, head: NonNullable<Result['head']>): void {
    const state = this.rooms.state(room);
    this.rooms.unmentioned(room, head.ref, state !== null && wasLeader(state, head.pid, head.epoch) === 'yes' ? null : head.pid);
  }

  private async message(room: RoomId, pos: number, result: Result): Promise<void> {
    if (pos <= (this.told.get(room) ?? 0)) return;
    this.told.set(room, pos);
    const message = await this.viewOf(room, pos, result);
    const about = this.rooms.list.get().find(({ id }) => id === room);
    if (message === null || about === undefined) return;
    if (message.mentionsMe) this.rooms.mentioned(room, message.id, pos, message.author.pid);
    const live = this.ground.now() - message.sentAt < LIVE_MS;
    this.tell(message, about, live);
  }

  private tell(message: Message, room: Room, live: boolean): void {
    for (const listener of [...this.listeners]) listener(message, room, live);
  }

  private async viewOf(room: RoomId, pos: number, result: Result): Promise<Message | null> {
    const members = this.rooms.count(room);
    const view = (): { fold: Fold; message: Message | null } => {
      const fold = new Fold({ me: this.ground.pid, leads: (pid, epoch) => this.rooms.leads(room, pid, epoch) });
      fold.put(pos, result);
      const line = result.head === null ? undefined : fold.get(result.head.msgId);
      const eyes = { room, me: this.ground.pid, direct: this.rooms.isDirect(room), members, now: this.ground.now(), person: this.ground.people.get.bind(this.ground.people) };
      return { fold, message: line === undefined ? null : messageOf(line, fold, [], eyes) };
    };
    const first = view();
    if (!first.fold.asks) return first.message;
    await new Promise((resolve) => setTimeout(resolve, spread(members, 10_000)));
    await this.rooms.leaders(room).catch(() => undefined);
    return view().message;
  }
}
