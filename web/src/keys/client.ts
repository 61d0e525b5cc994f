/** The page's side of the vault: the same methods, answered by the worker. Failures are {@link Refusal}s with the vault's code. */
import { Refusal } from '../doors/refusal';
import { startWorker } from '../doors/trusted';
import type { Answer, Call } from './messages';
import type { Vault } from './vault';

/** The vault from afar: every method answers with a promise. */
export type Keys = {
  [K in keyof Vault]: (...args: Parameters<Vault[K]>) => Promise<Awaited<ReturnType<Vault[K]>>>;
} & { /** Ends the worker; open calls never answer. */ end(): void };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (refusal: Refusal) => void;
}

export function startKeys(): Keys {
  const worker = startWorker('keys');
  const waiting = new Map<number, Waiting>();
  let next = 1;
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const found = waiting.get(data.id);
    waiting.delete(data.id);
    if ('code' in data) found?.reject(new Refusal(data.code));
    else found?.resolve(data.value);
  };
  worker.onerror = () => {
    for (const { reject } of waiting.values()) reject(new Refusal('internal'));
    waiting.clear();
  };
  const call = (method: keyof Vault, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, method, args } satisfies Call);
    });
  const methods = {
    end: () => {
      worker.terminate();
    },
  };
  return new Proxy(methods, {
    get: (own, name) => (name in own ? own[name as 'end'] : name === 'then' ? undefined : (...args: unknown[]) => call(name as keyof Vault, args)),
  }) as unknown as Keys;
}
