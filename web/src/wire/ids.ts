/**
 * Ids: 128 random bits, in text a prefix and 26 lower-case RFC 4648 base32 letters without padding.
 *
 * The last letter carries three bits, so only every fourth letter may stand there: one id has exactly one spelling.
 */
import { Malformed, random, type Bytes } from './bytes';

declare const brand: unique symbol;
type Id<K extends string> = string & { readonly [brand]: K };
export type Pid = Id<'p'>;
export type Dev = Id<'d'>;
export type RoomId = Id<'r'>;
export type TenantId = Id<'t'>;
export type KeyId = Id<'k'>;
export type MsgId = Id<'m'>;
export type CallId = Id<'c'>;

interface Kinds {
  p: Pid;
  d: Dev;
  r: RoomId;
  t: TenantId;
  k: KeyId;
  m: MsgId;
  c: CallId;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';
const SPELLING = /^[a-z2-7]{25}[aeimquy4]$/;

/** The text form of 16 raw bytes. */
export function idText<K extends keyof Kinds>(prefix: K, raw: Uint8Array): Kinds[K] {
  if (raw.length !== 16) throw new Malformed();
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of raw) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += LETTERS.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  text += LETTERS.charAt((held << (5 - bits)) & 31);
  return `${prefix}_${text}` as Kinds[K];
}

/** The 16 bytes of an id; throws {@link Malformed} for any other spelling or kind. */
export function idRaw(prefix: keyof Kinds, text: string): Bytes {
  if (!text.startsWith(`${prefix}_`) || !SPELLING.test(text.slice(2))) throw new Malformed();
  const raw = new Uint8Array(16);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of text.slice(2)) {
    held = (held << 5) | LETTERS.indexOf(letter);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      raw[at++] = (held >> bits) & 255;
      held &= (1 << bits) - 1;
    }
  }
  return raw;
}

/** A fresh random id. */
export function newId<K extends keyof Kinds>(prefix: K): Kinds[K] {
  return idText(prefix, random(16));
}
