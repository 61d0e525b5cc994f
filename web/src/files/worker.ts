/** The page's side of the files' worker. Failures are {@link Refusal}s with the worker's code. */
import { Refusal } from '../doors/refusal';
import { startWorker } from '../doors/trusted';
import type { Answer, Work, WorkName } from './messages';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (refusal: Refusal) => void;
}

export class FilesWorker {
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;

  /** Does one piece of work; bytes in `transfer` go there and are gone here. */
  do<K extends WorkName>(name: K, given: Work[K]['given'], transfer: Transferable[] = []): Promise<Work[K]['answer']> {
    const worker = (this.worker ??= this.start());
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage({ id, name, given }, transfer);
    });
  }

  end(): void {
    this.worker?.terminate();
    this.worker = null;
    for (const { reject } of this.waiting.values()) reject(new Refusal('signed_out'));
    this.waiting.clear();
  }

  private start(): Worker {
    const worker = startWorker('files');
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const found = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('code' in data) found?.reject(new Refusal(data.code));
      else found?.resolve(data.value);
    };
    worker.onerror = () => {
      for (const { reject } of this.waiting.values()) reject(new Refusal('internal'));
      this.waiting.clear();
    };
    return worker;
  }
}
