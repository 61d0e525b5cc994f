/**
 * The plain text of an envelope: `len u32 | msgpack map | zero padding` to 256 B, 1, 4, 16 or 60 KiB.
 *
 * The map is written in MessagePack's shortest forms, each key once; anything else is refused, so that what a browser shows and
 * what home's records hold can never be two readings of the same bytes.
 */
import { decode, encode } from '@msgpack/msgpack';
import { equal, isMap, Malformed, type Bytes } from './bytes';
import type { Content } from './types';
import * as valid from './validators';

const SIZES = [256, 1024, 4096, 16 * 1024, 60 * 1024];

/** The padded bytes, or `null`: it does not fit an envelope. */
export function pad(content: Content): Bytes | null {
  // Half a surrogate pair, which a text field may hold, has no UTF-8.
  const body = encode({ ...content, t: content.t.toWellFormed() });
  const size = SIZES.find((one) => body.length + 4 <= one);
  if (size === undefined) return null;
  const out = new Uint8Array(size);
  new DataView(out.buffer).setUint32(0, body.length);
  out.set(body, 4);
  return out;
}

/** The content of padded bytes; throws {@link Malformed}. A `v` above 1 has fields that this version may not know. */
export function unpad(data: Bytes): Content | 'newer' {
  if (!SIZES.includes(data.length)) throw new Malformed();
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0);
  if (length > data.length - 4 || data.subarray(4 + length).some((byte) => byte !== 0)) throw new Malformed();
  const body = data.subarray(4, 4 + length);
  let content: unknown;
  let shortest: Uint8Array;
  try {
    content = decode(body);
    shortest = encode(content);
  } catch {
    throw new Malformed();
  }
  if (!isMap(content) || !equal(shortest, body)) throw new Malformed();
  if (typeof content['v'] === 'number' && content['v'] > 1) return 'newer';
  if (!valid.Content(content) || !content.t.isWellFormed()) throw new Malformed();
  return content;
}
