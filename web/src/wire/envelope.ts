/**
 * Envelope v1: one encrypted, signed message. Binary, big-endian.
 *
 * `"SM1" | suite u8 | tenant 16 | room 16 | key_id 16 | epoch u32 | pid 16 | dev 16 | seq u64 | msg_id 16 | kind u8 |
 * flags u8 | thread 16 | ref 16 | sent_at u64 (s) | header 40 | ct_len u32 | ct | sig 64`. The AAD of the ciphertext is all
 * bytes before `header`; `sig` = Ed25519(device key, "samrum/msg/1\0" | SHA-256(all bytes before sig)).
 */
import { HEADER_BYTES, TAG_BYTES } from './aead';
import { concat, Malformed, sha256, utf8, type Bytes } from './bytes';
import { idRaw, idText, type Dev, type KeyId, type MsgId, type Pid, type RoomId, type TenantId } from './ids';

const MAX_BYTES = 64 * 1024;
const HEAD_BYTES = 154;
const SIG_BYTES = 64;
const MIN_BYTES = HEAD_BYTES + HEADER_BYTES + 4 + TAG_BYTES + SIG_BYTES;
const SIGNED = utf8('samrum/msg/1\0');
const NONE = new Uint8Array(16);
const NOT_STORED = 1;

/** What an envelope is; others are shown as "needs a newer version". */
export const MESSAGE = 1;
export const EDIT = 2;
export const REACTION = 3;
export const DELETION = 4;
export const CALL = 5;

/** The readable part of an envelope; `thread` and `ref` are `null` where absent. */
export interface EnvelopeHead {
  readonly tenant: TenantId;
  readonly room: RoomId;
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly pid: Pid;
  readonly dev: Dev;
  /** From 1, contiguous per device and room. */
  readonly seq: number;
  readonly msgId: MsgId;
  readonly kind: number;
  readonly flags: number;
  readonly thread: MsgId | null;
  readonly ref: MsgId | null;
  /** s since 1970 */
  readonly sentAt: number;
}

/** A parsed envelope, its signature unchecked. */
export interface Envelope extends EnvelopeHead {
  readonly aad: Bytes;
  readonly header: Bytes;
  readonly sealed: Bytes;
  readonly signature: Bytes;
}

/** The bytes before `header`. */
export function aadOf(head: EnvelopeHead): Bytes {
  const out = new Uint8Array(HEAD_BYTES);
  const view = new DataView(out.buffer);
  out.set(utf8('SM1'));
  out[3] = 1;
  out.set(idRaw('t', head.tenant), 4);
  out.set(idRaw('r', head.room), 20);
  out.set(idRaw('k', head.keyId), 36);
  view.setUint32(52, head.epoch);
  out.set(idRaw('p', head.pid), 56);
  out.set(idRaw('d', head.dev), 72);
  view.setBigUint64(88, BigInt(head.seq));
  out.set(idRaw('m', head.msgId), 96);
  out[112] = head.kind;
  out[113] = head.flags;
  out.set(head.thread === null ? NONE : idRaw('m', head.thread), 114);
  out.set(head.ref === null ? NONE : idRaw('m', head.ref), 130);
  view.setBigUint64(146, BigInt(head.sentAt));
  return out;
}

/** The envelope without its signature, from its sealed parts; throws {@link Malformed} when it would be too long. */
export function bodyOf(aad: Bytes, header: Bytes, sealed: Bytes): Bytes {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, sealed.length);
  const body = concat(aad, header, length, sealed);
  if (body.length + SIG_BYTES > MAX_BYTES) throw new Malformed();
  return body;
}

/** What the device signs of an envelope's `body` (all bytes before the signature). */
export async function signedBytes(body: Bytes): Promise<Bytes> {
  return concat(SIGNED, await sha256(body));
}

/** All bytes before the signature. */
export function bodyIn(data: Bytes): Bytes {
  return data.subarray(0, data.length - SIG_BYTES);
}

/** The messages that an envelope names as its thread's root and as what it is about; nothing is checked. */
export function targetsOf(data: Bytes): MsgId[] {
  return [114, 130].flatMap((start) => {
    const raw = data.slice(start, start + 16);
    return raw.length < 16 || raw.every((byte) => byte === 0) ? [] : [idText('m', raw)];
  });
}

/** The envelope in `data`; throws {@link Malformed}. */
export function parse(data: Bytes): Envelope {
  if (data.length < MIN_BYTES || data.length > MAX_BYTES) throw new Malformed();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data[0] !== 0x53 || data[1] !== 0x4d || data[2] !== 0x31 || data[3] !== 1) throw new Malformed();
  const at = (start: number, length: number): Bytes => data.slice(start, start + length);
  const maybe = (start: number): MsgId | null => {
    const raw = at(start, 16);
    return raw.every((byte) => byte === 0) ? null : idText('m', raw);
  };
  const start = HEAD_BYTES + HEADER_BYTES + 4;
  const length = view.getUint32(start - 4);
  const header = at(HEAD_BYTES, HEADER_BYTES);
  if (start + length + SIG_BYTES !== data.length || header[0] !== HEADER_BYTES || length < TAG_BYTES) throw new Malformed();
  const seq = safe(view.getBigUint64(88));
  const flags = view.getUint8(113);
  if (seq < 1 || (flags & ~NOT_STORED) !== 0) throw new Malformed();
  return {
    tenant: idText('t', at(4, 16)),
    room: idText('r', at(20, 16)),
    keyId: idText('k', at(36, 16)),
    epoch: view.getUint32(52),
    pid: idText('p', at(56, 16)),
    dev: idText('d', at(72, 16)),
    seq,
    msgId: idText('m', at(96, 16)),
    kind: view.getUint8(112),
    flags,
    thread: maybe(114),
    ref: maybe(130),
    sentAt: safe(view.getBigUint64(146)),
    aad: at(0, HEAD_BYTES),
    header,
    sealed: at(start, length),
    signature: at(data.length - SIG_BYTES, SIG_BYTES),
  };
}

/** Numbers beyond 2^53 - 1 are no sequence and no time of ours. */
function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed();
  return Number(value);
}
