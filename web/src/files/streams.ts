/**
 * The page's side of files that go through the service worker: it is asked for bytes there, and opens them here, where the keys are.
 *
 * Each open file has an address with a random token, which only this page answers. The service worker keeps nothing, so that it may be
 * ended and started again at any time (`../sw/sw.worker.ts`).
 */
import type { FileAnswer, FileAsk, FileInfo } from '../sw/held';
import type { Opened } from './files';
import type { Reader } from './reader';

const AWAKE_MS = 10_000;

interface Open {
  readonly reader: Reader;
  readonly info: FileInfo;
}

export class Streams {
  private readonly tokens = new Map<string, Open>();
  private running = 0;
  private awake: ReturnType<typeof setInterval> | null = null;

  constructor() {
    if ('serviceWorker' in navigator) navigator.serviceWorker.addEventListener('message', this.asked);
  }

  /** An address of the file at the service worker; `null`: there is none in charge of this page. */
  open(reader: Reader, info: FileInfo): Promise<Opened | null> {
    if (!('serviceWorker' in navigator) || navigator.serviceWorker.controller === null) return Promise.resolve(null);
    const token = crypto.randomUUID();
    this.tokens.set(token, { reader, info });
    return Promise.resolve({ url: `/-/file/${token}`, release: () => this.tokens.delete(token) });
  }

  end(): void {
    if ('serviceWorker' in navigator) navigator.serviceWorker.removeEventListener('message', this.asked);
    this.tokens.clear();
    if (this.awake !== null) clearInterval(this.awake);
  }

  private readonly asked = ({ data, ports: [port] }: MessageEvent<FileAsk | undefined>): void => {
    const found = typeof data?.token === 'string' ? this.tokens.get(data.token) : undefined;
    if (data === undefined || port === undefined) return;
    const say = (answer: FileAnswer, transfer: Transferable[] = []): void => {
      port.postMessage(answer, transfer);
    };
    if (found === undefined) {
      say(null);
      return;
    }
    const stop = new AbortController();
    let parts: AsyncGenerator<Uint8Array<ArrayBuffer>, void> | null = null;
    this.began(1);
    const over = (): void => {
      if (stop.signal.aborted) return;
      stop.abort();
      this.began(-1);
      port.close();
    };
    port.onmessage = ({ data: from }: MessageEvent<{ from: number; to: number } | 'next' | 'stop'>) => {
      if (from === 'stop') over();
      else if (from === 'next') {
        parts?.next().then(
          ({ value, done }) => {
            if (done === true) {
              say('end');
              over();
            } else {
              const part = value.byteLength === value.buffer.byteLength ? value : value.slice();
              say(part, [part.buffer]);
            }
          },
          () => {
            say('broken');
            over();
          },
        );
      } else parts = found.reader.bytes(from.from, from.to, stop.signal);
    };
    say(found.info);
  };

  /** Keeps the service worker from being ended while it has something to pass on. */
  private began(more: 1 | -1): void {
    this.running += more;
    if (this.running > 0) this.awake ??= setInterval(() => navigator.serviceWorker.controller?.postMessage('awake'), AWAKE_MS);
    else if (this.awake !== null) {
      clearInterval(this.awake);
      this.awake = null;
    }
  }
}
