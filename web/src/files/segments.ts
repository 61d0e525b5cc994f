/**
 * A file's sealed form, piece by piece: Tink's AES256_GCM_HKDF streaming form in segments of 1 MiB (docs/protocol.md, Files).
 *
 * The object is `header 40 | segment 0 | segment 1 | …`, where header and segment 0 fill the first MiB together, so that segment `n`
 * begins at `n` MiB. The plain text is the file and zeros up to Padmé's size. Any part of it can be sealed again under the same header
 * and is then the same bytes; any part can be opened alone. A file's key lives in its message.
 */
import { CannotOpen, HEADER_BYTES, importKey, TAG_BYTES } from '../wire/aead';
import { concat, random, utf8, type Bytes } from '../wire/bytes';

export const SEGMENT = 1 << 20;
/** The largest file. */
export const MAX_FILE = 2 ** 31;

/** Padmé's size: only the leading bits of a number are kept, fewer the larger it is (`samrum.wire.files.padme`). */
export function padme(size: number): number {
  if (size < 2) return size;
  const exponent = Math.floor(Math.log2(size));
  const step = 2 ** (exponent - (Math.floor(Math.log2(exponent)) + 1));
  return step <= 1 ? size : Math.ceil(size / step) * step;
}

/** Where a file of `size` bytes lies in its object. */
export interface Layout {
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes of the plain text: with padding. */
  readonly plain: number;
  /** Bytes of the object. */
  readonly sealed: number;
  readonly segments: number;
}

export function layoutOf(size: number): Layout {
  const plain = padme(size);
  const segments = Math.max(1, Math.ceil((plain + HEADER_BYTES) / (SEGMENT - TAG_BYTES)));
  return { size, plain, sealed: HEADER_BYTES + plain + TAG_BYTES * segments, segments };
}

/** From where to where segment `index` lies in the plain text. */
export function plainOf(layout: Layout, index: number): [number, number] {
  const start = index === 0 ? 0 : index * (SEGMENT - TAG_BYTES) - HEADER_BYTES;
  return [start, Math.min(layout.plain, (index + 1) * (SEGMENT - TAG_BYTES) - HEADER_BYTES)];
}

/** The segment that holds the byte `at` of the plain text. */
export function segmentAt(at: number): number {
  return Math.floor((at + HEADER_BYTES) / (SEGMENT - TAG_BYTES));
}

/** A header for a new object. */
export function newHeader(): Bytes {
  return concat(Uint8Array.of(HEADER_BYTES), random(32), random(7));
}

/** Seals or opens segments of one object. */
export class Segments {
  private constructor(
    private readonly key: CryptoKey,
    private readonly header: Bytes,
    private readonly layout: Layout,
  ) {}

  /** `key` has 32 bytes. Throws {@link CannotOpen} for a header that is none. */
  static async of(key: Bytes, object: string, header: Bytes, layout: Layout, usage: 'encrypt' | 'decrypt'): Promise<Segments> {
    if (header.length !== HEADER_BYTES || header[0] !== HEADER_BYTES) throw new CannotOpen();
    const info = utf8(`samrum/file/1${object}`);
    const how = { name: 'HKDF', hash: 'SHA-256', salt: header.slice(1, 33), info };
    const derived = await crypto.subtle.deriveKey(how, await importKey(key), { name: 'AES-GCM', length: 256 }, false, [usage]);
    return new Segments(derived, header, layout);
  }

  private how(index: number): AesGcmParams {
    const iv = new Uint8Array(12);
    iv.set(this.header.subarray(33));
    new DataView(iv.buffer).setUint32(7, index);
    iv[11] = index === this.layout.segments - 1 ? 1 : 0;
    return { name: 'AES-GCM', iv };
  }

  /** The object's bytes of one segment; those of the first have the header before them. `plain` is {@link plainOf} it, padded. */
  async seal(index: number, plain: Bytes): Promise<Bytes> {
    const [from, to] = plainOf(this.layout, index);
    if (plain.length !== to - from) throw new RangeError('not a segment');
    const sealed = new Uint8Array(await crypto.subtle.encrypt(this.how(index), this.key, plain));
    return index === 0 ? concat(this.header, sealed) : sealed;
  }

  /** The file's bytes in one segment, without padding. `sealed`: as {@link seal} made it. Throws {@link CannotOpen} for every reason alike. */
  async open(index: number, sealed: Bytes): Promise<Bytes> {
    const [from, to] = plainOf(this.layout, index);
    let plain: Bytes;
    try {
      plain = new Uint8Array(await crypto.subtle.decrypt(this.how(index), this.key, index === 0 ? sealed.subarray(HEADER_BYTES) : sealed));
    } catch {
      throw new CannotOpen();
    }
    const real = Math.max(0, Math.min(to, this.layout.size) - from);
    if (plain.length !== to - from || plain.subarray(real).some((byte) => byte !== 0)) throw new CannotOpen();
    return plain.subarray(0, real);
  }
}
