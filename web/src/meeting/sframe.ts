/**
 * SFrame (RFC 9605) with the one cipher suite Samrum uses: AES_256_GCM_SHA512_128.
 *
 * An SFrame ciphertext is `header ‖ encrypted ‖ 16-byte tag`. The header (§4.3) holds a key id (KID) and a counter (CTR). Key
 * and salt come from a base key (§4.4.2), the nonce is salt XOR counter (§4.4.3), and the authenticated data is the header
 * followed by the caller's metadata. Proven by the RFC's own vectors (`vectors/sframe.json`). It knows nothing of media.
 */

/** The suite's number in the IANA registry. */
const SUITE = 5;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** Key and salt of one KID. The key cannot be exported. */
export interface SFrameKey {
  readonly kid: bigint;
  readonly key: CryptoKey;
  readonly salt: Uint8Array<ArrayBuffer>;
}

export interface Header {
  readonly kid: bigint;
  readonly ctr: bigint;
  /** Bytes that the header takes. */
  readonly length: number;
}

/** The shortest big-endian form; zero is one zero byte. */
function minimal(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return bytes.length === 0 ? [0] : bytes;
}

/** The three bits of one field (§4.3): a value of 0 to 7 itself, or 8 plus the number of bytes that follow, less one. */
function field(value: bigint): { bits: number; bytes: number[] } {
  if (value < 8n) return { bits: Number(value), bytes: [] };
  const bytes = minimal(value);
  return { bits: 8 | (bytes.length - 1), bytes };
}

/** The header of §4.3. Both numbers are unsigned and below 2^64. */
export function encodeHeader(kid: bigint, ctr: bigint): Uint8Array<ArrayBuffer> {
  const k = field(kid);
  const c = field(ctr);
  return Uint8Array.of((k.bits << 4) | c.bits, ...k.bytes, ...c.bytes);
}

/** The header at the front, or `null` if it is cut short or not in its shortest form (one header has one spelling). */
export function decodeHeader(bytes: Uint8Array): Header | null {
  const config = bytes[0];
  if (config === undefined) return null;
  let at = 1;
  const read = (bits: number): bigint | null => {
    if (bits < 8) return BigInt(bits);
    const length = (bits & 7) + 1;
    if (at + length > bytes.length) return null;
    let value = 0n;
    for (let i = 0; i < length; i += 1) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
    const shortest = length === 1 ? value >= 8n : bytes[at] !== 0;
    at += length;
    return shortest ? value : null;
  };
  const kid = read(config >> 4);
  const ctr = kid === null ? null : read(config & 15);
  return kid === null || ctr === null ? null : { kid, ctr, length: at };
}

function label(text: string, kid: bigint): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(text);
  const out = new Uint8Array(name.length + 10);
  out.set(name);
  const view = new DataView(out.buffer);
  view.setBigUint64(name.length, kid);
  view.setUint16(name.length + 8, SUITE);
  return out;
}

/** Key and salt from a base key (§4.4.2). `baseKey` is wiped. */
export async function deriveKey(baseKey: Uint8Array<ArrayBuffer>, kid: bigint): Promise<SFrameKey> {
  const base = await crypto.subtle.importKey('raw', baseKey, 'HKDF', false, ['deriveBits', 'deriveKey']);
  baseKey.fill(0);
  // HKDF with an empty salt is HKDF-Extract("", base_key) followed by HKDF-Expand.
  const hkdf = (text: string) => ({ name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(), info: label(text, kid) });
  const [key, salt] = await Promise.all([
    crypto.subtle.deriveKey(hkdf('SFrame 1.0 Secret key '), base, { name: 'AES-GCM', length: KEY_BYTES * 8 }, false, [
      'encrypt',
      'decrypt',
    ]),
    crypto.subtle.deriveBits(hkdf('SFrame 1.0 Secret salt '), base, NONCE_BYTES * 8),
  ]);
  return { kid, key, salt: new Uint8Array(salt) };
}

/** salt XOR the counter, right-aligned (§4.4.3). */
function nonce(salt: Uint8Array, ctr: bigint): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(salt);
  const view = new DataView(out.buffer);
  view.setBigUint64(NONCE_BYTES - 8, view.getBigUint64(NONCE_BYTES - 8) ^ ctr);
  return out;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/**
 * The SFrame ciphertext of `plain` with `metadata` authenticated beside it. The caller must never use a counter twice with one
 * key: that would reveal both texts and the key's authenticator.
 */
export async function encrypt(
  key: SFrameKey,
  ctr: bigint,
  metadata: Uint8Array,
  plain: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = encodeHeader(key.kid, ctr);
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce(key.salt, ctr), additionalData: joined(header, metadata) },
    key.key,
    plain,
  );
  return joined(header, new Uint8Array(sealed));
}

/** The plain text of an SFrame ciphertext whose header was decoded already. Rejects if anything was changed. */
export async function decrypt(
  key: SFrameKey,
  header: Header,
  metadata: Uint8Array,
  ciphertext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const additionalData = joined(ciphertext.subarray(0, header.length), metadata);
  const iv = nonce(key.salt, header.ctr);
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key.key, ciphertext.subarray(header.length));
  return new Uint8Array(plain);
}
