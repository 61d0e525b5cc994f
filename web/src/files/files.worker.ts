/** The worker that seals and opens files: calls of {@link work} by message, one answer each. */
import type { Answer, Call } from './messages';
import { codeOf, work } from './work';

const port = globalThis as unknown as {
  postMessage(answer: Answer, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<Call>) => void) | null;
};

async function run({ id, name, given }: Call): Promise<[Answer, Transferable[]]> {
  try {
    const value: unknown = await (work[name] as (what: unknown) => Promise<unknown>)(given);
    const bytes = value instanceof Uint8Array ? value : (value as { sealed?: unknown }).sealed;
    return [{ id, value }, bytes instanceof Uint8Array ? [bytes.buffer as ArrayBuffer] : []];
  } catch (error) {
    return [{ id, code: codeOf(error) }, []];
  }
}

port.onmessage = ({ data }) => {
  void run(data).then(([answer, transfer]) => {
    port.postMessage(answer, transfer);
  });
};
