/**
 * The one AEAD: Tink's AES256_GCM_HKDF streaming form, with WebCrypto alone.
 *
 * `header = 40 | salt 32 | nonce prefix 7`; derived key = HKDF-SHA256(key, salt, info = AAD, 32); segment nonce = prefix |
 * segment u32 | last. Source: Tink's specification of Streaming AEAD; RFC 5869; vectors in `vectors/aead.json`.
 */
import { concat, random, type Bytes } from './bytes';

export const HEADER_BYTES = 40;
export const TAG_BYTES = 16;
const MESSAGE_SEGMENT = 64 * 1024;

/** The one error of opening: wrong key, wrong AAD, or bytes changed, cut, repeated or reordered. */
export class CannotOpen extends Error {
  constructor() {
    super('cannot_open');
    this.name = 'CannotOpen';
  }
}

/** An epoch key for {@link seal} and {@link open}: HKDF, not extractable. `raw` has 32 bytes. */
export function importKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey']);
}

function derive(key: CryptoKey, salt: Bytes, aad: Bytes, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const how = { name: 'HKDF', hash: 'SHA-256', salt, info: aad };
  return crypto.subtle.deriveKey(how, key, { name: 'AES-GCM', length: 256 }, false, [usage]);
}

function nonce(prefix: Uint8Array, segment: number, last: boolean): Bytes {
  const out = new Uint8Array(12);
  out.set(prefix);
  new DataView(out.buffer).setUint32(7, segment);
  out[11] = last ? 1 : 0;
  return out;
}

/** `[header, ciphertext]` of `plain`, with fresh salt and nonce prefix. */
export async function seal(key: CryptoKey, aad: Bytes, plain: Bytes, segment = MESSAGE_SEGMENT): Promise<[Bytes, Bytes]> {
  const salt = random(32);
  const prefix = random(7);
  const derived = await derive(key, salt, aad, 'encrypt');
  const parts: Uint8Array[] = [];
  let size = segment - TAG_BYTES - HEADER_BYTES;
  let at = 0;
  for (let index = 0; ; index += 1) {
    const last = at + size >= plain.length;
    const iv = nonce(prefix, index, last);
    parts.push(new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, derived, plain.subarray(at, at + size))));
    if (last) return [concat(Uint8Array.of(HEADER_BYTES), salt, prefix), concat(...parts)];
    at += size;
    size = segment - TAG_BYTES;
  }
}

/** The plain text; throws {@link CannotOpen} for every reason alike. */
export async function open(key: CryptoKey, aad: Bytes, header: Bytes, sealed: Bytes, segment = MESSAGE_SEGMENT): Promise<Bytes> {
  if (header.length !== HEADER_BYTES || header[0] !== HEADER_BYTES) throw new CannotOpen();
  const derived = await derive(key, header.slice(1, 33), aad, 'decrypt');
  const parts: Uint8Array[] = [];
  let size = segment - HEADER_BYTES;
  let at = 0;
  for (let index = 0; ; index += 1) {
    const last = at + size >= sealed.length;
    const iv = nonce(header.subarray(33), index, last);
    try {
      parts.push(new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, derived, sealed.subarray(at, at + size))));
    } catch {
      throw new CannotOpen();
    }
    if (last) return concat(...parts);
    at += size;
    size = segment;
  }
}
