/** Relay's HTTP for files: sealed objects, uploaded in pieces and read by ranges (docs/protocol.md, Files). The grant is the bearer. */
import type { Bytes } from '../wire/bytes';
import type { ObjectHas, ObjectMade, ObjectState } from '../wire/types';
import * as valid from '../wire/validators';
import { exchange, refusalOf } from './http';
import { Refusal } from './refusal';

/** Where relay is, and what lets this device speak to it. */
export interface Access {
  readonly http: string;
  readonly grant: string;
}

/** A piece may travel as slowly as relay still takes it: 16 KiB a second, and a while more. */
const SLOWEST = 16 * 1024;
const SPARE_MS = 15_000;

function headersOf({ grant }: Access): Record<string, string> {
  return { Accept: 'application/json', Authorization: `Bearer ${grant}` };
}

const common = { credentials: 'omit', away: 'relay_away' } as const;

/** Begins an object of `size` bytes. */
export function begin(access: Access, size: number): Promise<ObjectMade> {
  const headers = { ...headersOf(access), 'Content-Type': 'application/json' };
  const body = new TextEncoder().encode(JSON.stringify({ size }));
  return exchange({ ...common, url: `${access.http}/objects`, method: 'POST', headers, body, reply: valid.ObjectMade });
}

/** Adds bytes at `offset`; how many are durable then, from the first on. */
export function put(access: Access, object: string, offset: number, body: Bytes, signal: AbortSignal): Promise<ObjectHas> {
  const headers = { ...headersOf(access), 'Content-Type': 'application/octet-stream' };
  const deadline = SPARE_MS + (body.length / SLOWEST) * 1000;
  return exchange({ ...common, url: `${access.http}/objects/${object}?offset=${offset}`, method: 'PUT', headers, body, reply: valid.ObjectHas, deadline, signal });
}

export function state(access: Access, object: string): Promise<ObjectState> {
  return exchange({ ...common, url: `${access.http}/objects/${object}/state`, method: 'GET', headers: headersOf(access), reply: valid.ObjectState });
}

/** Gives up an upload that no message links. */
export function drop(access: Access, object: string): Promise<void> {
  return exchange({ ...common, url: `${access.http}/objects/${object}`, method: 'DELETE', headers: headersOf(access), reply: null });
}

/** The object's bytes from `from` to before `to`; rejects with `cannot_open` if these are fewer or more. */
export async function read(access: Access, object: string, from: number, to: number, signal: AbortSignal): Promise<Bytes> {
  let response: Response;
  try {
    response = await fetch(`${access.http}/objects/${object}`, {
      headers: { Authorization: `Bearer ${access.grant}`, Range: `bytes=${from}-${to - 1}` },
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.any([signal, AbortSignal.timeout(SPARE_MS + ((to - from) / SLOWEST) * 1000)]),
    });
    if (!response.ok) throw refusalOf(response.status, await response.text(), 'relay_away');
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status === 206 && bytes.length === to - from) return bytes;
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('relay_away');
  }
  throw new Refusal('cannot_open');
}
