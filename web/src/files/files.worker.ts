/** The worker that seals and opens files: calls of {@link work} by message, one answer each. */
import type { Answer, Call } from './messages';
import { refusalOf, work } from './work';

const port = globalThis as unknown as {
  postMessage(answer: Answer, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<Call>) => void) | null;
};

async function run({ id, name, given }: Call): Promise<[Answer, Transferable[]]> {
  try {
    const value: unknown = await (work[name] as (what: unknown) => Promise<unknown>)(given);
    return [{ id, value }, value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []];
  } catch (error) {
    return [{ id, ...refusalOf(error) }, []];
  }
}

port.onmessage = ({ data }) => {
  void run(data).then(([answer, transfer]) => {
    port.postMessage(answer, transfer);
  });
};
