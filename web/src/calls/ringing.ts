/**
 * What rings now, to oneself and from oneself, in every tab alike. The room's own timeline says what became of a ring, so that it stops
 * here when it was answered on another device; this only watches, and gives up in time.
 */
import { codeOf } from '../doors/refusal';
import type { CallWord, Message, MsgId, Person, Readable, Room, RoomId, RoomModel, Session } from '../session/api';
import { Signal } from '../session/signal';

/** Until the caller gives up, in ms. A ring whose caller says nothing more ends a little later (`session/fold.ts`). */
export const PATIENCE_MS = 45_000;
const FORGOTTEN_MS = 60_000;
/** How long the caller sees how it ended. */
const TOLD_MS = 6_000;

/** `ringing`, or how it ended: what stays on the screen for a while. */
export type RingState = 'ringing' | 'declined' | 'missed' | 'failed';

export interface Ring {
  readonly id: MsgId;
  readonly room: RoomId;
  /** Who calls: oneself too. */
  readonly from: Person;
  readonly mine: boolean;
  /** ms since 1970 */
  readonly at: number;
  readonly state: RingState;
}

/** How a ring ended. */
export interface Over {
  readonly room: RoomId;
  readonly mine: boolean;
  readonly how: NonNullable<Message['call']>['state'] | 'failed';
}

interface Watch {
  readonly end: () => void;
}

export class Ringing {
  /** Oldest first. */
  readonly rings: Readable<readonly Ring[]>;
  /** Why the last call could not be made. */
  readonly failure: Readable<unknown>;
  /** The ring that ended last, and how. */
  readonly over: Readable<Over | null>;
  private readonly list = new Signal<readonly Ring[]>([]);
  private readonly failed = new Signal<unknown>(undefined);
  private readonly last = new Signal<Over | null>(null);
  private readonly watched = new Map<MsgId, Watch>();
  private readonly stopEvents: () => void;
  private closed = false;

  constructor(private readonly session: Session) {
    this.rings = this.list;
    this.failure = this.failed;
    this.over = this.last;
    this.stopEvents = session.events.onMessage((message, _, live) => {
      if (live) this.comes(message);
    });
    // What rang before somebody listened, as while the page was loading.
    void session.calls.list().then((calls) => {
      for (const call of calls) if (!this.closed && Date.now() - call.sentAt < FORGOTTEN_MS) this.comes(call);
    }, () => undefined);
  }

  /** Rings a room; what goes wrong is {@link failure}. */
  async call(room: Room): Promise<void> {
    this.failed.set(undefined);
    let id: MsgId;
    try {
      id = await this.session.calls.ring(room.id);
    } catch (error) {
      this.failed.set(error);
      return;
    }
    this.add({ id, room: room.id, from: this.session.me, mine: true, at: Date.now(), state: 'ringing' }, PATIENCE_MS, () => {
      this.give(id, 'missed');
    });
  }

  /** The failure was read. */
  forgive(): void {
    this.failed.set(undefined);
  }

  /** The person takes the call here, or does not want it. It stops on all of their devices. */
  take(id: MsgId, word: Extract<CallWord, 'answered' | 'declined'>): void {
    this.tell(id, word);
    this.drop(id);
  }

  /** The caller gives up. */
  cancel(id: MsgId): void {
    this.tell(id, 'cancelled');
    this.note(id, 'cancelled');
    this.drop(id);
  }

  /** How it ended was seen. */
  drop(id: MsgId): void {
    this.watched.get(id)?.end();
    this.watched.delete(id);
    this.list.set(this.list.get().filter((one) => one.id !== id));
  }

  close(): void {
    this.closed = true;
    this.stopEvents();
    for (const { end } of this.watched.values()) end();
    this.watched.clear();
    this.list.set([]);
  }

  private comes({ id, room, author, sentAt, kind, mine, call }: Message): void {
    if (kind !== 'call' || mine || call?.state !== 'ringing') return;
    this.add({ id, room, from: author, mine: false, at: sentAt, state: 'ringing' }, FORGOTTEN_MS, () => {
      this.ends(id, 'missed');
    });
  }

  private add(ring: Ring, patience: number, late: () => void): void {
    if (this.watched.has(ring.id)) return;
    const model = this.session.openRoom(ring.room);
    const timer = setTimeout(late, patience);
    const look = (): void => {
      this.look(ring.id, model);
    };
    const stop = model.timeline.subscribe(look);
    this.watched.set(ring.id, {
      end: () => {
        clearTimeout(timer);
        stop();
        model.close();
      },
    });
    this.list.set([...this.list.get(), ring]);
    look();
  }

  private look(id: MsgId, model: RoomModel): void {
    const message = model.timeline.get().messages.find((one) => one.id === id);
    if (message === undefined) return;
    if (message.state === 'draft') {
      void model.discard(id);
      this.ends(id, 'failed');
    } else if (message.call !== null && message.call.state !== 'ringing') this.ends(id, message.call.state);
  }

  private ends(id: MsgId, how: Over['how']): void {
    const ring = this.list.get().find((one) => one.id === id);
    if (ring?.state !== 'ringing') return;
    this.note(id, how);
    // Who calls hears of a no; who was called, of what they missed.
    const told = how === 'failed' || (ring.mine ? how === 'declined' || how === 'missed' : how === 'missed' || how === 'cancelled');
    if (!told) {
      this.drop(id);
      return;
    }
    this.watched.get(id)?.end();
    const state: RingState = how === 'declined' || how === 'failed' ? how : 'missed';
    this.list.set(this.list.get().map((one) => (one.id === id ? { ...one, state } : one)));
    const timer = ring.mine ? setTimeout(() => this.drop(id), TOLD_MS) : undefined;
    this.watched.set(id, { end: () => clearTimeout(timer) });
  }

  private note(id: MsgId, how: Over['how']): void {
    const ring = this.list.get().find((one) => one.id === id);
    if (ring !== undefined) this.last.set({ room: ring.room, mine: ring.mine, how });
  }

  /** The caller waited long enough. */
  private give(id: MsgId, word: CallWord): void {
    this.tell(id, word);
    this.ends(id, 'missed');
  }

  private tell(id: MsgId, word: CallWord): void {
    const ring = this.list.get().find((one) => one.id === id);
    if (ring === undefined) return;
    this.session.calls.say(ring.room, id, word).catch((error: unknown) => {
      if (codeOf(error) === 'internal') throw error;
    });
  }
}
