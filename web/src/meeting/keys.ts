/**
 * Samrum's media keys (docs/protocol.md, Media): from the base secret of a room, epoch and day to one SFrame key per sender and join.
 *
 * `base_key = HKDF-SHA512(base, salt empty, "samrum/media/1" ‖ meeting 16 ‖ pid 16 ‖ dev 16 ‖ KID 8, 32)`, then RFC 9605 §4.4.
 * The KID is `epoch mod 2^16 ‖ UTC day mod 2^16 ‖ join id`, where the join id is 32 random bits of one worker, so that a reload
 * never repeats a nonce.
 */
import type { Bytes } from '../wire/bytes.ts';
import { idRaw } from '../wire/ids.ts';
import { deriveKey, type SFrameKey } from './sframe.ts';

/** What a base secret is for: an epoch of the room and a UTC day (days since 1970). */
export interface Period {
  readonly epoch: number;
  readonly day: number;
}

/** A sender as its identity says: `p_….d_…` in text. */
export interface Sender {
  readonly pid: Bytes;
  readonly dev: Bytes;
}

const DOMAIN = new TextEncoder().encode('samrum/media/1');

/** The sender that a LiveKit identity names, or `null` if it is not `p_….d_…`. */
export function senderOf(identity: string): Sender | null {
  const [p, d, more] = identity.split('.');
  if (p === undefined || d === undefined || more !== undefined) return null;
  try {
    return { pid: idRaw('p', p), dev: idRaw('d', d) };
  } catch {
    return null;
  }
}

export function makeKid(period: Period, joinId: number): bigint {
  return (BigInt(period.epoch & 0xffff) << 48n) | (BigInt(period.day & 0xffff) << 32n) | BigInt(joinId >>> 0);
}

/** The low 16 bits of epoch and day as a KID carries them, in one number: all that a receiver can tell of the period. */
export function periodTag(kid: bigint): number {
  return Number(kid >> 32n);
}

export function tagOf(period: Period): number {
  return (period.epoch & 0xffff) * 0x1_0000 + (period.day & 0xffff);
}

/** The SFrame key of one sender, meeting and KID. `base` is an HKDF key with the usage `deriveBits`. */
export async function senderKey(
  base: CryptoKey,
  meeting: Uint8Array,
  sender: Sender,
  kid: bigint,
): Promise<SFrameKey> {
  const info = new Uint8Array(DOMAIN.length + 56);
  info.set(DOMAIN);
  info.set(meeting, DOMAIN.length);
  info.set(sender.pid, DOMAIN.length + 16);
  info.set(sender.dev, DOMAIN.length + 32);
  new DataView(info.buffer).setBigUint64(DOMAIN.length + 48, kid);
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(), info }, base, 256);
  return deriveKey(new Uint8Array(bits), kid);
}

const DAY_MS = 86_400_000;

export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** When the UTC day after `ms` begins, in ms since 1970. */
export function nextDayAt(ms: number): number {
  return (dayOf(ms) + 1) * DAY_MS;
}
