/** The page's end of the media worker. */
import { startWorker } from '../doors/trusted.ts';
import type { Counts, FromWorker, ToWorker, TransformOptions } from './messages.ts';

/** Deadline of a question to the worker, in ms. */
const ANSWER_MS = 2000;

/**
 * One media worker, for one join. `close` ends it; frames of transforms that still stand are then dropped by the browser.
 */
export class Link {
  readonly #worker: Worker = startWorker('media');
  readonly #waiting = new Map<number, (counts: Counts) => void>();
  #asked = 0;

  /**
   * @param heard is told everything but answers.
   * @param failed is called when the worker did not load or broke: from then on nothing passes.
   */
  constructor(heard: (message: Exclude<FromWorker, { kind: 'counts' }>) => void, failed: () => void) {
    this.#worker.addEventListener('error', failed);
    this.#worker.addEventListener('message', (event: MessageEvent<FromWorker>) => {
      const message = event.data;
      if (message.kind !== 'counts') {
        heard(message);
        return;
      }
      this.#waiting.get(message.re)?.(message.counts);
      this.#waiting.delete(message.re);
    });
  }

  tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  transform(options: TransformOptions): RTCRtpScriptTransform {
    return new RTCRtpScriptTransform(this.#worker, options);
  }

  /** What the worker sealed, opened and dropped so far; `null` if it does not answer. */
  counts(): Promise<Counts | null> {
    this.#asked += 1;
    const re = this.#asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(re);
        resolve(null);
      }, ANSWER_MS);
      this.#waiting.set(re, (counts) => {
        clearTimeout(timer);
        resolve(counts);
      });
      this.tell({ kind: 'count', re });
    });
  }

  close(): void {
    this.#worker.terminate();
  }
}
