/**
 * The page's side of the files' workers. Failures are {@link Refusal}s with the worker's code.
 *
 * A worker that has done much is ended and another one takes its place: what WebCrypto and requests leave behind is large, and a
 * browser that cleans up late would let it grow by hundreds of MiB during one upload. An ended worker's memory is free at once.
 */
import { Refusal } from '../doors/refusal';
import { startWorker } from '../doors/trusted';
import type { Answer, Work, WorkName } from './messages';

/** Bytes that one worker handles. */
const ENOUGH = 12 * 2 ** 20;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (refusal: Refusal) => void;
}

/** One worker, for pieces of work that belong together; give it back with `release`. */
export class Hand {
  /** Who has borrowed it. */
  users = 0;
  handled = 0;
  private readonly worker = startWorker('files');
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;

  constructor(private readonly released: (hand: Hand) => void) {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const found = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('code' in data) found?.reject(new Refusal(data.code, data.retryAfter));
      else found?.resolve(data.value);
    };
    this.worker.onerror = () => {
      this.refuse('internal');
    };
  }

  /** Does one piece of work of about so many bytes; what is in `transfer` goes there and is gone here. */
  do<K extends WorkName>(name: K, given: Work[K]['given'], bytes = 0, transfer: Transferable[] = []): Promise<Work[K]['answer']> {
    this.handled += bytes;
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.worker.postMessage({ id, name, given }, transfer);
    });
  }

  release(): void {
    this.users -= 1;
    this.released(this);
  }

  end(code: string): void {
    this.worker.terminate();
    this.refuse(code);
  }

  private refuse(code: string): void {
    for (const { reject } of this.waiting.values()) reject(new Refusal(code));
    this.waiting.clear();
  }
}

export class FilesWorker {
  private readonly hands = new Set<Hand>();
  private current: Hand | null = null;

  borrow(): Hand {
    if (this.current === null || this.current.handled > ENOUGH) {
      this.current = new Hand((hand) => {
        if (hand.users > 0 || hand.handled <= ENOUGH) return;
        if (this.current === hand) this.current = null;
        this.hands.delete(hand);
        hand.end('internal'); // nobody waits for it
      });
      this.hands.add(this.current);
    }
    this.current.users += 1;
    return this.current;
  }

  /** One piece of work that belongs to no other. */
  async do<K extends WorkName>(name: K, given: Work[K]['given'], bytes = 0, transfer: Transferable[] = []): Promise<Work[K]['answer']> {
    const hand = this.borrow();
    try {
      return await hand.do(name, given, bytes, transfer);
    } finally {
      hand.release();
    }
  }

  end(): void {
    for (const hand of this.hands) hand.end('signed_out');
    this.hands.clear();
    this.current = null;
  }
}
