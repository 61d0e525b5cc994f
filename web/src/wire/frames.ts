/** Stream frames: every WebSocket message is `type u8 | msgpack map`. Relay's are validated before anyone sees them. */
import { decode, encode } from '@msgpack/msgpack';
import { concat, isMap, Malformed } from './bytes';
import { CLIENT, RELAY, type ClientFrames, type RelayFrames } from './types';
import * as valid from './validators';

/** A frame of relay with its name. */
export type Frame = { [K in keyof RelayFrames]: { readonly kind: K; readonly body: RelayFrames[K] } }[keyof RelayFrames];

const KINDS = new Map(Object.entries(RELAY).map(([kind, number]) => [number as number, kind as keyof RelayFrames]));

/** More than any honest frame of relay: a welcome with 20,000 rooms. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The bytes of one of the client's frames. */
export function frameBytes<K extends keyof ClientFrames>(kind: K, body: ClientFrames[K]): Uint8Array<ArrayBuffer> {
  return concat(Uint8Array.of(CLIENT[kind]), encode(body));
}

/** The frame in `data`; throws {@link Malformed} for anything but a well-formed frame of relay. */
export function frameOf(data: Uint8Array<ArrayBuffer>): Frame {
  const kind = KINDS.get(data[0] ?? 0);
  if (kind === undefined || data.length > MOST_BYTES) throw new Malformed();
  let body: unknown;
  try {
    body = decode(data.subarray(1));
  } catch {
    throw new Malformed();
  }
  if (!isMap(body) || !valid[kind](body)) throw new Malformed();
  return { kind, body } as Frame;
}
