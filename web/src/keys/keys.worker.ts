/** The worker that holds the keys: calls of {@link Vault}'s methods by message, one answer each. */
import type { Answer, Call } from './messages';
import { Vault, VaultError } from './vault';

const vault = new Vault();
const port = globalThis as unknown as { postMessage(answer: Answer): void; onmessage: ((event: MessageEvent<Call>) => void) | null };

async function run({ id, method, args }: Call): Promise<Answer> {
  try {
    const value: unknown = await (vault[method] as (...given: unknown[]) => unknown)(...args);
    return { id, value };
  } catch (error) {
    return { id, code: error instanceof VaultError ? error.code : 'internal' };
  }
}

port.onmessage = ({ data }) => {
  void run(data).then((answer) => {
    port.postMessage(answer);
  });
};
