/**
 * The plain text of an envelope: `len u32 | msgpack map | zero padding` to 256 B, 1, 4, 16 or 60 KiB.
 *
 * The map is written in MessagePack's shortest forms, each key once; anything else is refused, so that what a browser shows and
 * what home's records hold can never be two readings of the same bytes. What an envelope says goes by its kind ({@link fits}).
 */
import { decode, encode } from '@msgpack/msgpack';
import { equal, isMap, Malformed, utf8, type Bytes } from './bytes';
import { CALL, DELETION, EDIT, MESSAGE, REACTION } from './envelope';
import type { Content } from './types';
import * as valid from './validators';

const SIZES = [256, 1024, 4096, 16 * 1024, 60 * 1024];
/** Code points of a quote's text. */
export const MAX_QUOTE = 500;
export const MAX_FILES = 20;
/** Bytes of a reaction's emoji in UTF-8. */
const MAX_EMOJI = 64;

/** Content with what is to be said; the rest is left out. */
export type Said = Partial<Content>;

const ALLOWED: Readonly<Record<number, string>> = { [MESSAGE]: 'tmaqo', [EDIT]: 'tmaqo', [REACTION]: 'ex', [DELETION]: '', [CALL]: 'c' };

/** Whether an envelope of that kind may say this: nothing but what its kind has, and that it has to have. */
export function fits(kind: number, content: Content): boolean {
  const allowed = ALLOWED[kind];
  if (allowed === undefined || (kind === REACTION && content.e === '') || (kind === CALL && content.c === null)) return false;
  return Object.entries(content).every(([key, value]) => key === 'v' || allowed.includes(key) || isNothing(value));
}

/** The padded bytes, or `null`: it does not fit an envelope. */
export function pad(said: Said): Bytes | null {
  const kept = Object.entries(said).filter(([, value]) => !isNothing(value));
  const body = encode(wellFormed({ v: 1, ...Object.fromEntries(kept) }));
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
  if (!valid.Content(content) || !isWellFormed(content)) throw new Malformed();
  if (utf8(content.e).length > MAX_EMOJI || content.o.some(({ k }) => k.length !== 32)) throw new Malformed();
  return content;
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || value === false || (Array.isArray(value) && value.length === 0);
}

/** With text that is UTF-8, which half a surrogate pair, such as a text field may hold, is not; and without what is absent. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (one == null ? [] : [[key, wellFormed(one)]])));
}

/** Whether every text in it is one. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (Array.isArray(value)) return value.every(isWellFormed);
  return !isMap(value) || Object.values(value).every(isWellFormed);
}
