/** What the files' worker does: reading and sealing a file piece by piece, opening pieces, small pictures. It knows no network. */
import { CannotOpen } from '../wire/aead';
import { concat, equal, sha256, type Bytes } from '../wire/bytes';
import type { Mark, Work, WorkName } from './messages';
import { bare, pixelsOf, PICTURES } from './pictures';
import { layoutOf, plainOf, SEGMENT, Segments } from './segments';

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

/** Bytes of the file; beyond its end there are none. */
async function readFile(file: Blob, from: number, to: number): Promise<Bytes> {
  try {
    return new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch {
    // The browser gives nothing of a file that is not the one that was chosen any more.
    throw new WorkError('file_changed');
  }
}

async function seal({ file, sealing, from, to, marks }: Work['seal']['given']): Promise<Work['seal']['answer']> {
  const layout = layoutOf(sealing.size);
  const segments = await Segments.of(sealing.key, sealing.object, sealing.header, layout, 'encrypt');
  const first = Math.floor(from / SEGMENT);
  const out: Bytes[] = [];
  const made: Mark[] = [];
  for (let index = first; index < Math.ceil(to / SEGMENT); index += 1) {
    const [start, end] = plainOf(layout, index);
    const plain = new Uint8Array(end - start);
    const read = await readFile(file, Math.min(start, layout.size), Math.min(end, layout.size));
    if (read.length !== Math.max(0, Math.min(end, layout.size) - start)) throw new WorkError('file_changed');
    plain.set(read);
    const mark = await sha256(plain);
    const before = marks.find(([known]) => known === index);
    if (before !== undefined && !equal(before[1], mark)) throw new WorkError('file_changed');
    made.push([index, mark]);
    out.push(await segments.seal(index, plain));
  }
  const sealed = out.length === 1 ? (out[0] ?? new Uint8Array()) : concat(...out);
  return { sealed: from === first * SEGMENT ? sealed : sealed.slice(from - first * SEGMENT), marks: made };
}

async function open({ sealing, first, sealed }: Work['open']['given']): Promise<Bytes> {
  const segments = await Segments.of(sealing.key, sealing.object, sealing.header, layoutOf(sealing.size), 'decrypt');
  const out: Bytes[] = [];
  for (let at = 0; at < sealed.length; at += SEGMENT) {
    out.push(await segments.open(first + at / SEGMENT, sealed.subarray(at, at + SEGMENT)));
  }
  return out.length === 1 ? (out[0] ?? new Uint8Array()) : concat(...out);
}

async function picture({ file }: Work['picture']['given']): Promise<Work['picture']['answer']> {
  const pixels = pixelsOf(await readFile(file, 0, HEAD));
  if (pixels === null) return { pixels, bare: null };
  const left = bare(await readFile(file, 0, file.size));
  return { pixels, bare: left === null ? null : new Blob([left], { type: file.type }) };
}

async function small({ file, side }: Work['small']['given']): Promise<Blob> {
  const pixels = PICTURES.includes(file.type) ? pixelsOf(await readFile(file, 0, HEAD)) : null;
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

export const work: { [K in WorkName]: (given: Work[K]['given']) => Promise<Work[K]['answer']> } = { seal, open, picture, small };

export function codeOf(error: unknown): string {
  if (error instanceof CannotOpen) return 'cannot_open';
  return error instanceof WorkError ? error.code : 'internal';
}
