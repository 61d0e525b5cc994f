/** What is written and not sent, by room and thread: text, what it answers, or the message that it changes. */
import type { FileRef, Message, MsgId, Quote, Readable, RoomId, Session } from '../session/api';
import type { Named } from './mentions';
import { plainText } from './markdown';

export interface Written {
  readonly text: string;
  /** People chosen while writing; those whom the text still names are mentioned. */
  readonly named: readonly Named[];
  readonly quote: Quote | null;
  /** The message that is being changed, its files, and what was written before that. */
  readonly editing: { readonly id: MsgId; readonly files: readonly FileRef[]; readonly before: Written } | null;
}

const EMPTY: Written = { text: '', named: [], quote: null, editing: null };
/** As much of a message as an answer to it repeats. */
const QUOTED = 300;

/** One box to write in. */
export class Box implements Readable<Written> {
  private readonly listeners = new Set<() => void>();
  private readonly asks = new Set<() => void>();
  private written = EMPTY;

  readonly get = (): Written => this.written;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(change: Partial<Written>): void {
    this.written = { ...this.written, ...change };
    for (const listener of this.listeners) listener();
  }

  clear(): void {
    this.set(EMPTY);
  }

  /** Answers a message, with its words. */
  reply({ id, author, text }: Message): void {
    this.set({ quote: { id, pid: author.pid, text: plainText(text).slice(0, QUOTED).toWellFormed() } });
    this.focus();
  }

  /** Changes a message; what was being written waits. `named`: whom it mentions. */
  edit({ id, text, quote, files }: Message, named: readonly Named[]): void {
    this.set({ text, named, quote, editing: { id, files, before: this.written.editing?.before ?? this.written } });
    this.focus();
  }

  /** Back to what was written before; with nothing to go back to, the answer is no answer any more. */
  cancel(): void {
    this.set(this.written.editing?.before ?? { quote: null });
    this.focus();
  }

  /** The cursor goes into the box. */
  focus(): void {
    for (const listener of this.asks) listener();
  }

  onFocus(listener: () => void): () => void {
    this.asks.add(listener);
    return () => this.asks.delete(listener);
  }
}

const bySession = new WeakMap<Session, Map<RoomId | MsgId, Box>>();

/** The box of a room, or of a thread by its root. */
export function boxOf(session: Session, place: RoomId | MsgId): Box {
  let boxes = bySession.get(session);
  if (boxes === undefined) {
    boxes = new Map();
    bySession.set(session, boxes);
  }
  let box = boxes.get(place);
  if (box === undefined) {
    box = new Box();
    boxes.set(place, box);
  }
  return box;
}

/** Whether something was written and not sent. */
export function unsent(session: Session): boolean {
  return [...(bySession.get(session)?.values() ?? [])].some((box) => box.get().text.trim() !== '');
}
