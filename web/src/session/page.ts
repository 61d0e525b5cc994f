/** A page of history as it was asked for: relay's own answer is not yet that. */
import { Refusal } from '../doors/refusal';
import type { RelayStream } from '../doors/stream';
import type { ClientFrames, Page } from '../wire/types';

export type Ask = Omit<ClientFrames['History'], 're'>;

/**
 * Asks for a page. Rejects with `relay_log_differs` for one of another room, with more than was asked for, with positions outside what was
 * asked for or not in order, or with the promise of more and nothing in it: nobody would come to its end.
 */
export async function askPage(stream: Pick<RelayStream, 'ask'>, ask: Ask): Promise<Page> {
  const page = await stream.ask('History', ask);
  if (!fits(page, ask)) throw new Refusal('relay_log_differs');
  return page;
}

export function fits({ room, pos, env, more }: Page, { room: wanted, before, after, limit }: Ask): boolean {
  let last = after ?? 0;
  for (const one of pos) {
    if (one <= last) return false;
    last = one;
  }
  return room === wanted && pos.length === env.length && pos.length <= limit && (before === null || last < before) && !(more && pos.length === 0);
}
