import type { Bytes } from '../../src/wire/bytes';

/** The bytes of lower-case hexadecimal text. */
export function hex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
