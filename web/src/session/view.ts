/** What a room's screens see: messages made of envelopes, of what is about them, and of what waits here. */
import type { MsgId, Pid, RoomId } from '../wire/ids';
import type { Message } from './api';
import { Fold, isBase, RINGS_MS } from './fold';
import { closedMessage, isOwn, messageOf, waitingMessage, type Eyes } from './message';
import type { Waiting } from './outbox';
import type { Parts } from './timeline';
import type { Row, Window } from './window';

const NOBODY = { pid: '' as Pid, name: null, department: '', title: '', status: '', statusUntil: null };

export class View {
  readonly fold: Fold;
  private pending: Map<MsgId, Waiting[]>;
  private ringing: ReturnType<typeof setTimeout> | null = null;
  private asking = false;

  constructor(
    private readonly room: RoomId,
    private readonly parts: Parts,
    private readonly window: Window,
    private readonly changed: () => void,
  ) {
    this.fold = new Fold({ me: parts.ground.pid, leads: (pid, epoch) => parts.rooms.leads(room, pid, epoch) });
    this.pending = this.waitingFor(new Map());
  }

  /** Whether the envelope is here, and folded. */
  has(id: MsgId): boolean {
    return this.window.has(id) || this.fold.has(id);
  }

  /** The outbox changed, or what it holds has come. */
  refresh(): void {
    this.pending = this.waitingFor(this.pending);
  }

  /** Names changed. */
  renamed(): void {
    for (const row of this.window.rows) row.view = null;
    this.fold.renamed();
  }

  /** Home is there again, and may be asked once more. */
  again(): void {
    this.asking = false;
  }

  end(): void {
    if (this.ringing !== null) clearTimeout(this.ringing);
  }

  eyes(): Eyes {
    const { ground, rooms } = this.parts;
    return {
      room: this.room, me: ground.pid, direct: rooms.isDirect(this.room), members: rooms.count(this.room), now: ground.now(),
      person: (pid) => ground.people.get(pid),
    };
  }

  /** The window's messages; with what waits, where it reaches the newest. */
  messages(atEnd: boolean, eyes: Eyes): Message[] {
    const sent = this.window.rows.filter(isShown).map((row) => this.shown(row, eyes)).filter((message) => message !== null);
    return atEnd ? [...sent, ...this.waiting(null, eyes)] : sent;
  }

  private shown(row: Row, eyes: Eyes): Message | null {
    const { pos, head, opening } = row;
    if (head !== null && opening !== 'cannot_open') return this.message(head.msgId, eyes);
    row.view ??= closedMessage(pos, head?.msgId ?? null, opening, head === null ? NOBODY : eyes.person(head.pid), (head?.sentAt ?? 0) * 1000, eyes);
    return row.view;
  }

  /** A message, if it is here. */
  message(id: MsgId, eyes: Eyes): Message | null {
    const line = this.fold.get(id);
    if (line === undefined) return null;
    line.view ??= messageOf(line, this.fold, this.pending.get(id) ?? [], eyes);
    if (line.view?.call?.state === 'ringing') this.watchRing(line.view, eyes.now);
    return line.view;
  }

  /** What waits in the room, or in one of its threads, and is not shown from relay. */
  waiting(thread: MsgId | null, eyes: Eyes): Message[] {
    const { top } = this.window;
    return this.parts.outbox
      .of(this.room)
      .filter((item) => isOwn(item) && item.thread === thread && !this.has(item.id) && (thread !== null || item.pos === null || item.pos > top))
      .map((item) => waitingMessage(item, this.pending.get(item.id) ?? [], eyes))
      .filter((message) => message !== null);
  }

  /** Only home knows who led the room before this device came; asked once, and again when home comes back. */
  askLeaders(): void {
    if (this.asking || !this.fold.asks) return;
    this.asking = true;
    this.parts.rooms.leaders(this.room).then(() => {
      this.fold.decide();
      this.asking = this.fold.asks;
      this.changed();
    }, () => undefined);
  }

  /** What waits to be said of messages, by message. Where there is, or was, any, the message is made anew. */
  private waitingFor(before: ReadonlyMap<MsgId, unknown>): Map<MsgId, Waiting[]> {
    const found = new Map<MsgId, Waiting[]>();
    for (const item of this.parts.outbox.of(this.room)) {
      if (item.ref !== null && !this.has(item.id)) found.set(item.ref, [...(found.get(item.ref) ?? []), item]);
    }
    for (const id of [...before.keys(), ...found.keys()]) {
      const line = this.fold.get(id);
      if (line !== undefined) line.view = null;
    }
    return found;
  }

  /** After a minute nobody answers any more. */
  private watchRing({ id, sentAt }: Message, now: number): void {
    this.ringing ??= setTimeout(() => {
      this.ringing = null;
      const line = this.fold.get(id);
      if (line !== undefined) line.view = null;
      this.changed();
    }, sentAt + RINGS_MS - now + 100);
  }
}

/** Answers in threads, and what is about other messages, have no line of their own; what nobody can read has. */
export function isShown({ head, opening }: Row): boolean {
  return head === null || opening === 'cannot_open' || (isBase(head) && head.thread === null);
}
