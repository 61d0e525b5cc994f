/** One HTTP exchange: a deadline, a validated reply, and a {@link Refusal} for everything else. */
import type { Bytes } from '../wire/bytes';
import * as valid from '../wire/validators';
import { Refusal } from './refusal';

/** Bytes of a body from which on it is large. */
const LARGE = 64 * 1024;
const DEADLINE_MS = 15_000;

export interface Exchange<T> {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Bytes;
  readonly credentials: RequestCredentials;
  /** The refusal's code when nobody answers. */
  readonly away: 'home_away' | 'relay_away';
  /** `null`: the reply has no body. */
  readonly reply: ((data: unknown) => data is T) | null;
  /** Sees the response before its body. */
  readonly seen?: (response: Response) => void;
  /** ms; as long as a small answer may take if not said. */
  readonly deadline?: number;
  /** Ends it early, as if nobody had answered. */
  readonly signal?: AbortSignal;
}

export async function exchange<T>(what: Exchange<T>): Promise<T> {
  let response: Response;
  let text: string;
  // A timer that is taken back: a signal with a time of its own would keep the whole request, body and all, until that time.
  const stop = new AbortController();
  const end = (): void => {
    stop.abort();
  };
  const timer = setTimeout(end, what.deadline ?? DEADLINE_MS);
  what.signal?.addEventListener('abort', end);
  if (what.signal?.aborted === true) end();
  try {
    response = await fetch(what.url, {
      method: what.method,
      headers: what.headers,
      body: bodyOf(what.body),
      credentials: what.credentials,
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: stop.signal,
    });
    what.seen?.(response);
    text = await response.text();
  } catch {
    throw new Refusal(what.away);
  } finally {
    clearTimeout(timer);
    what.signal?.removeEventListener('abort', end);
  }
  if (!response.ok) throw refusalOf(response.status, text, what.away);
  if (what.reply === null) return undefined as T;
  const data = parsed(text);
  if (!what.reply(data)) throw new Refusal('bad_reply');
  return data;
}

/** Large bodies go as a blob, which the browser holds elsewhere: it keeps a request's own bytes in the page's memory long after it was answered. */
function bodyOf(body: Bytes | undefined): Bytes | Blob | null {
  if (body === undefined) return null;
  return body.length > LARGE ? new Blob([body]) : body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function refusalOf(status: number, text: string, away: string): Refusal {
  const problem = parsed(text);
  if (valid.Problem(problem)) return new Refusal(problem.code, problem.retry_after ?? undefined, problem.at ?? undefined);
  return new Refusal(status >= 500 ? away : 'bad_reply');
}
