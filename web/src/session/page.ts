/** A page of history as it was asked for: relay's own answer is not yet that. */
import { codeOf, Refusal } from '../doors/refusal';
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

/** How long lies between pages after the first ones, in ms: relay takes 200 frames in 10 s. */
const PAUSE_MS = 70;
const AT_ONCE = 20;

/** All that is about some messages, page by page; what is none of that is for others to find. Rejects as `askPage`. */
export async function* askRefs(stream: Pick<RelayStream, 'ask'>, ask: Omit<ClientFrames['Refs'], 're'>): AsyncGenerator<Page> {
  let { after } = ask;
  for (let pages = 1; ; pages += 1) {
    const page = await stream.ask('Refs', { ...ask, after });
    if (!fits(page, { room: ask.room, before: null, after, limit: ask.limit })) throw new Refusal('relay_log_differs');
    yield page;
    after = page.pos.at(-1) ?? after;
    if (!page.more) return;
    if (pages >= AT_ONCE) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** What stands around a message, or `null`: relay does not have it. Rejects as `askPage`, also for a page with a hole. */
export async function askFound(stream: Pick<RelayStream, 'ask'>, ask: Omit<ClientFrames['Find'], 're'>): Promise<Page | null> {
  let page: Page;
  try {
    page = await stream.ask('Find', ask);
  } catch (error) {
    if (codeOf(error) === 'not_found') return null;
    throw error;
  }
  if (!fits(page, { room: ask.room, before: null, after: null, limit: ask.limit })) throw new Refusal('relay_log_differs');
  return page;
}

/** A page of a thread, the newest one or the one before a position. Rejects as `askPage`. */
export async function askThread(stream: Pick<RelayStream, 'ask'>, ask: Omit<ClientFrames['Thread'], 're'>): Promise<Page> {
  const page = await stream.ask('Thread', ask);
  if (!fits(page, { room: ask.room, before: ask.before, after: null, limit: ask.limit })) throw new Refusal('relay_log_differs');
  return page;
}
