/** What is written and not sent, by room and thread: text, what it answers, or the message that it changes. It outlives a reload. */
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

  constructor(private readonly changed: () => void) {}

  set(change: Partial<Written>): void {
    this.written = { ...this.written, ...change };
    for (const listener of this.listeners) listener();
    this.changed();
  }

  /** As it was left; what has been written meanwhile stays. */
  restore(left: Partial<Written>): void {
    if (this.written === EMPTY) this.set(left);
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

/** Writing rests this long before it is kept. */
const KEEP_AFTER_MS = 400;

/** All boxes of a session. */
class Boxes {
  private readonly boxes = new Map<string, Box>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private loaded = false;

  constructor(private readonly session: Session) {
    void this.load();
  }

  of(place: string): Box {
    let box = this.boxes.get(place);
    if (box === undefined) {
      box = new Box(() => this.changed());
      this.boxes.set(place, box);
    }
    return box;
  }

  get unsent(): boolean {
    return [...this.boxes.values()].some((box) => box.get().text.trim() !== '');
  }

  private async load(): Promise<void> {
    const text = await this.session.unfinished().catch(() => null);
    for (const [place, left] of text === null ? [] : leftBehind(text)) this.of(place).restore(left);
    this.loaded = true;
  }

  private changed(): void {
    if (!this.loaded) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const kept = [...this.boxes].flatMap(([place, box]) => {
        const { text, named, quote } = box.get().editing?.before ?? box.get();
        return text === '' && quote === null ? [] : [[place, { text, named, quote }]];
      });
      void this.session.keepUnfinished(JSON.stringify(kept)).catch(() => undefined);
    }, KEEP_AFTER_MS);
  }
}

/** What an earlier page kept. It wrote it itself, under the device's key; one of another version may have written something else. */
function leftBehind(text: string): readonly (readonly [string, Pick<Written, 'text' | 'named' | 'quote'>])[] {
  try {
    const kept = JSON.parse(text) as readonly (readonly [string, Pick<Written, 'text' | 'named' | 'quote'>])[];
    return kept.filter(([place, left]) => typeof place === 'string' && typeof left.text === 'string' && Array.isArray(left.named));
  } catch {
    return [];
  }
}

const bySession = new WeakMap<Session, Boxes>();

/** The box of a room, or of a thread by its root. */
export function boxOf(session: Session, place: RoomId | MsgId): Box {
  let boxes = bySession.get(session);
  if (boxes === undefined) {
    boxes = new Boxes(session);
    bySession.set(session, boxes);
  }
  return boxes.of(place);
}

/** Whether something was written and not sent. */
export function unsent(session: Session): boolean {
  return bySession.get(session)?.unsent ?? false;
}
