/** What the files' worker does: reading, sealing and sending a file piece by piece, opening pieces, small pictures. */
import * as objects from '../doors/objects';
import { Refusal } from '../doors/refusal';
import { CannotOpen } from '../wire/aead';
import { equal, sha256, type Bytes } from '../wire/bytes';
import type { Mark, Work, WorkName } from './messages';
import { bare, pixelsOf, PICTURES } from './pictures';
import { layoutOf, plainOf, SEGMENT, Segments, type Layout } from './segments';

export type WorkCode = 'file_changed' | 'cannot_open' | 'no_picture';

export class WorkError extends Error {
  constructor(readonly code: WorkCode) {
    super(code);
    this.name = 'WorkError';
  }
}

/** Larger pictures could not be held as pixels. */
const MAX_PIXELS = 100_000_000;
/** Where a picture's header ends, whatever its camera wrote before it. */
const HEAD = 1 << 20;

/** Of dedicated workers alone (W3C File API, section 6.3), so that the page's types do not have it. */
declare const FileReaderSync: new () => { readAsArrayBuffer(blob: Blob): ArrayBuffer };

/**
 * Bytes of the file; beyond its end there are none. Read at once: what a read that is waited for leaves behind is as large as what it
 * read, and the browser frees it late.
 */
function readFile(file: Blob, from: number, to: number): Bytes {
  try {
    return new Uint8Array(new FileReaderSync().readAsArrayBuffer(file.slice(from, to)));
  } catch {
    // The browser gives nothing of a file that is not the one that was chosen any more.
    throw new WorkError('file_changed');
  }
}

/** What was sealed last and is not sent, by object. */
const held = new Map<string, Bytes>();
const sending = new Map<string, AbortController>();

async function sealRange({ file, sealing, from, to, marks }: Work['seal']['given']): Promise<{ sealed: Bytes; made: Mark[] }> {
  const layout = layoutOf(sealing.size);
  const segments = await Segments.of(sealing.key, sealing.object, sealing.header, layout, 'encrypt');
  const made: Mark[] = [];
  const sealed = new Uint8Array(to - from);
  for (let index = Math.floor(from / SEGMENT); index < Math.ceil(to / SEGMENT); index += 1) {
    const plain = plainAt(file, layout, index);
    const mark = await sha256(plain);
    const before = marks.find(([known]) => known === index);
    if (before !== undefined && !equal(before[1], mark)) throw new WorkError('file_changed');
    made.push([index, mark]);
    const segment = await segments.seal(index, plain);
    // The first may have begun at relay already.
    const begun = Math.max(0, from - index * SEGMENT);
    sealed.set(segment.subarray(begun), index * SEGMENT + begun - from);
  }
  return { sealed, made };
}

async function seal(given: Work['seal']['given']): Promise<Mark[]> {
  const { sealed, made } = await sealRange(given);
  held.set(given.sealing.object, sealed);
  return made;
}

async function whole({ file, sealing }: Work['whole']['given']): Promise<Blob> {
  const end = layoutOf(sealing.size).sealed;
  const parts: Blob[] = [];
  for (let from = 0; from < end; from += SEGMENT) {
    const { sealed } = await sealRange({ file, sealing, from, to: Math.min(end, from + SEGMENT), marks: [] });
    parts.push(new Blob([sealed]));
  }
  return new Blob(parts);
}

async function put({ access, object, from, sealed }: Work['put']['given']): Promise<number> {
  const body = sealed === null ? held.get(object) : new Uint8Array(await sealed.arrayBuffer());
  held.delete(object);
  if (body === undefined) throw new Refusal('internal');
  const stop = new AbortController();
  sending.set(object, stop);
  try {
    return (await objects.put(access, object, from, body, stop.signal)).have;
  } finally {
    sending.delete(object);
  }
}

function stop({ object }: Work['stop']['given']): Promise<undefined> {
  sending.get(object)?.abort();
  return Promise.resolve(undefined);
}

/** The plain text of one segment, padded. */
function plainAt(file: Blob, layout: Layout, index: number): Bytes {
  const [start, end] = plainOf(layout, index);
  const read = readFile(file, Math.min(start, layout.size), Math.min(end, layout.size));
  if (read.length !== Math.max(0, Math.min(end, layout.size) - start)) throw new WorkError('file_changed');
  if (read.length === end - start) return read;
  const plain = new Uint8Array(end - start);
  plain.set(read);
  return plain;
}

async function open({ sealing, first, sealed }: Work['open']['given']): Promise<Bytes> {
  const layout = layoutOf(sealing.size);
  const segments = await Segments.of(sealing.key, sealing.object, sealing.header, layout, 'decrypt');
  const last = first + Math.ceil(sealed.length / SEGMENT) - 1;
  const start = Math.min(layout.size, plainOf(layout, first)[0]);
  const out = new Uint8Array(Math.min(layout.size, plainOf(layout, last)[1]) - start);
  for (let index = first; index <= last; index += 1) {
    const at = (index - first) * SEGMENT;
    const plain = await segments.open(index, sealed.subarray(at, at + SEGMENT));
    out.set(plain, Math.min(layout.size, plainOf(layout, index)[0]) - start);
  }
  return out;
}

function picture({ file }: Work['picture']['given']): Work['picture']['answer'] {
  const pixels = pixelsOf(readFile(file, 0, HEAD));
  if (pixels === null) return { pixels, bare: null };
  const left = bare(readFile(file, 0, file.size));
  return { pixels, bare: left === null ? null : new Blob([left], { type: file.type }) };
}

async function small({ file, side }: Work['small']['given']): Promise<Blob> {
  const pixels = PICTURES.includes(file.type) ? pixelsOf(readFile(file, 0, HEAD)) : null;
  if (pixels === null || pixels.width * pixels.height > MAX_PIXELS) throw new WorkError('no_picture');
  const scale = Math.min(1, side / Math.max(pixels.width, pixels.height, 1));
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, {
      resizeWidth: Math.max(1, Math.round(pixels.width * scale)),
      resizeHeight: Math.max(1, Math.round(pixels.height * scale)),
      resizeQuality: 'medium',
    });
  } catch {
    throw new WorkError('no_picture');
  }
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/webp', quality: 0.8 });
}

export const work: { [K in WorkName]: (given: Work[K]['given']) => Work[K]['answer'] | Promise<Work[K]['answer']> } = { seal, whole, put, stop, open, picture, small };

export function refusalOf(error: unknown): { readonly code: string; readonly retryAfter: number | undefined } {
  if (error instanceof Refusal) return { code: error.code, retryAfter: error.retryAfter };
  const code = error instanceof CannotOpen ? 'cannot_open' : error instanceof WorkError ? error.code : 'internal';
  return { code, retryAfter: undefined };
}
