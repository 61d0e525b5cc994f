/**
 * Media frames sealed and opened: the fail-closed heart of the media worker, without any stream or thread.
 *
 * A frame on the wire is `clear prefix ‖ SFrame ciphertext`, the prefix authenticated as SFrame metadata. VP8: the frame's first
 * 10 bytes on key frames and 3 otherwise, where the SFU finds key frames. Opus: one byte that says nothing ({@link OPUS_MARK}),
 * and the whole frame in the ciphertext. A frame is either sealed or opened in full, or it is dropped and counted under a
 * {@link Drop}; nothing here consults a flag, and no method lets a clear frame through.
 *
 * Sources: rule 8, docs/protocol.md (Media), RFC 9605; VP8's frame tag is RFC 6386 §9.1.
 */
import { type Period, type Sender, makeKid, periodTag, senderKey, tagOf } from './keys.ts';
import { TAG_BYTES, type SFrameKey, decodeHeader, decrypt, encrypt } from './sframe.ts';

/** Why a frame was dropped. */
export type Drop =
  | 'no_key' // no secret for the period (yet, or any more)
  | 'codec' // neither VP8 nor Opus
  | 'short' // too short to be a frame
  | 'header' // not an SFrame header
  | 'budget' // the track brought more new key ids than a minute allows
  | 'replay' // a counter seen before, or too old to tell
  | 'auth' // changed on the way, or not from the sender that the track belongs to
  | 'error'; // anything unforeseen

export const DROPS: readonly Drop[] = ['no_key', 'codec', 'short', 'header', 'budget', 'replay', 'auth', 'error'];

/** Key ids that a receiver derives at most per track and minute (docs/protocol.md, Media). */
const NEW_KIDS = 4;
const MINUTE_MS = 60_000;

/**
 * The clear byte of a sealed Opus frame: a table-of-contents byte (RFC 6716 §3.1) that announces a number of 10 ms frames in the
 * next byte. There our SFrame header says at least 16 (a KID is longer than five bytes), and more than 120 ms are malformed
 * (§3.4, R5). So a receiver without our worker decodes nothing; with the frame's own byte it would play the ciphertext as noise (decision 0005).
 */
const OPUS_MARK = 3;

/** How many bytes of the VP8 frame stay clear, by its first one. */
function vp8Clear(first: number): number {
  return (first & 1) === 0 ? 10 : 3;
}

type Parts = readonly [prefix: Uint8Array, rest: Uint8Array<ArrayBuffer>];

/** A clear frame's prefix and what is to be sealed, or a reason to drop it. */
function partsToSeal(mime: string | undefined, data: Uint8Array<ArrayBuffer>): Parts | Drop {
  const first = data[0];
  if (first === undefined) return 'short';
  switch (mime?.toLowerCase()) {
    case 'video/vp8': {
      const clear = vp8Clear(first);
      return data.length <= clear ? 'short' : [data.subarray(0, clear), data.subarray(clear)];
    }
    case 'audio/opus':
      return [Uint8Array.of(OPUS_MARK), data];
    default:
      return 'codec';
  }
}

/** A sealed frame's prefix and its SFrame ciphertext, or a reason to drop it. */
function partsToOpen(mime: string | undefined, data: Uint8Array<ArrayBuffer>): Parts | Drop {
  const first = data[0];
  if (first === undefined) return 'short';
  switch (mime?.toLowerCase()) {
    case 'video/vp8':
      return [data.subarray(0, vp8Clear(first)), data.subarray(vp8Clear(first))];
    case 'audio/opus':
      return first === OPUS_MARK ? [data.subarray(0, 1), data.subarray(1)] : 'header';
    default:
      return 'codec';
  }
}

function isVideo(mime: string | undefined): boolean {
  return mime?.toLowerCase() === 'video/vp8';
}

function joined(a: Uint8Array, b: Uint8Array): ArrayBuffer {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out.buffer;
}

/** Counters seen under one key. Everything older than `SIZE` behind the newest counts as seen. */
export class ReplayWindow {
  static readonly SIZE = 4096;
  readonly #bits = new Uint32Array(ReplayWindow.SIZE / 32);
  #newest = -1;

  seen(ctr: number): boolean {
    if (ctr > this.#newest) return false;
    if (ctr <= this.#newest - ReplayWindow.SIZE) return true;
    const at = ctr % ReplayWindow.SIZE;
    return (((this.#bits[at >> 5] ?? 0) >>> (at & 31)) & 1) === 1;
  }

  /** Marks a counter; `false` if it was seen already. Call after the frame was authenticated, never before. */
  accept(ctr: number): boolean {
    if (this.seen(ctr)) return false;
    if (ctr - this.#newest >= ReplayWindow.SIZE) this.#bits.fill(0);
    else for (let old = this.#newest + 1; old < ctr; old += 1) this.#mark(old, false);
    this.#mark(ctr, true);
    if (ctr > this.#newest) this.#newest = ctr;
    return true;
  }

  #mark(ctr: number, on: boolean): void {
    const at = ctr % ReplayWindow.SIZE;
    const mask = 1 << (at & 31);
    const word = this.#bits[at >> 5] ?? 0;
    this.#bits[at >> 5] = on ? word | mask : word & ~mask;
  }
}

/** Base secrets by period, and the sender keys made from them. One for a worker. */
export class Keyring {
  readonly #bases = new Map<number, CryptoKey>();
  readonly #senders = new Map<string, Map<bigint, Known>>();

  constructor(readonly meeting: Uint8Array) {}

  put(period: Period, base: CryptoKey): void {
    this.#bases.set(tagOf(period), base);
  }

  /** Forgets a period: its frames are dropped from now on. */
  drop(period: Period): void {
    const tag = tagOf(period);
    this.#bases.delete(tag);
    for (const keys of this.#senders.values()) for (const kid of keys.keys()) if (periodTag(kid) === tag) keys.delete(kid);
  }

  base(tag: number): CryptoKey | undefined {
    return this.#bases.get(tag);
  }

  keysOf(sender: Sender): Map<bigint, Known> {
    const name = `${sender.pid.join()}.${sender.dev.join()}`;
    const found = this.#senders.get(name) ?? new Map<bigint, Known>();
    this.#senders.set(name, found);
    return found;
  }
}

interface Known {
  readonly key: Promise<SFrameKey>;
  readonly window: ReplayWindow;
  /** A frame was authenticated under this key; until then the entry is only a claim and goes at the first failure. */
  proven: boolean;
}

/** Seals every frame that this device sends, on all tracks and layers, with one counter that never goes back. */
export class Sealer {
  #key: SFrameKey | null = null;
  #ctr = 0n;

  /** @param joinId 32 random bits, fresh for each worker. */
  constructor(
    readonly joinId: number,
    private readonly me: Sender,
  ) {}

  /** Sends under this period from now on. Resolves to `false`, changing nothing, if its secret is not on the ring. */
  async use(ring: Keyring, period: Period): Promise<boolean> {
    const base = ring.base(tagOf(period));
    if (base === undefined) return false;
    this.#key = await senderKey(base, ring.meeting, this.me, makeKid(period, this.joinId));
    return true;
  }

  async seal(mime: string | undefined, frame: ArrayBuffer): Promise<ArrayBuffer | Drop> {
    const key = this.#key;
    if (key === null) return 'no_key';
    const parts = partsToSeal(mime, new Uint8Array(frame));
    if (typeof parts === 'string') return parts;
    const [prefix, plain] = parts;
    const ctr = this.#ctr;
    this.#ctr += 1n;
    return joined(prefix, await encrypt(key, ctr, prefix, plain));
  }
}

/** Opens the frames of one remote track, which belongs to one sender for good. */
export class Opener {
  /** When this track made the ring derive a key, newest last, in ms. */
  #derived: number[] = [];

  /**
   * @param missing is told the period's tag when a frame needs a secret that is not there.
   * @param seen is told the tag of each key that proved itself.
   */
  constructor(
    private readonly sender: Sender,
    private readonly missing: (tag: number) => void,
    private readonly seen: (tag: number) => void,
  ) {}

  async open(ring: Keyring, mime: string | undefined, frame: ArrayBuffer, now: number): Promise<ArrayBuffer | Drop> {
    const parts = partsToOpen(mime, new Uint8Array(frame));
    if (typeof parts === 'string') return parts;
    const [prefix, sealed] = parts;
    if (sealed.length < 2 + TAG_BYTES) return 'short';
    const header = decodeHeader(sealed);
    if (header === null || header.ctr > BigInt(Number.MAX_SAFE_INTEGER)) return 'header';
    if (sealed.length < header.length + TAG_BYTES) return 'short';
    const known = this.#known(ring, header.kid, now);
    if (typeof known === 'string') return known;
    const ctr = Number(header.ctr);
    let plain: Uint8Array<ArrayBuffer>;
    try {
      plain = await decrypt(await known.key, header, prefix, sealed);
    } catch {
      if (!known.proven) ring.keysOf(this.sender).delete(header.kid);
      return 'auth';
    }
    if (!known.window.accept(ctr)) return 'replay';
    if (!known.proven) {
      known.proven = true;
      this.seen(periodTag(header.kid));
    }
    return isVideo(mime) ? joined(prefix, plain) : plain.buffer;
  }

  #known(ring: Keyring, kid: bigint, now: number): Known | Drop {
    const tag = periodTag(kid);
    const keys = ring.keysOf(this.sender);
    const found = keys.get(kid);
    if (found !== undefined) return found;
    const base = ring.base(tag);
    if (base === undefined) {
      this.missing(tag);
      return 'no_key';
    }
    this.#derived = this.#derived.filter((at) => now - at < MINUTE_MS);
    if (this.#derived.length >= NEW_KIDS) return 'budget';
    this.#derived.push(now);
    const known = { key: senderKey(base, ring.meeting, this.sender, kid), window: new ReplayWindow(), proven: false };
    keys.set(kid, known);
    return known;
  }
}
