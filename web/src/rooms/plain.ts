/**
 * Leaves of a picture file only the picture: browsers put colour profiles (Chromium into WebP) or camera data (Safari into PNG) into what
 * they make of a canvas, and home refuses both. The colours of a canvas are sRGB, which is what no profile means.
 */
import type { Bytes } from '../wire/bytes';
import { concat } from '../wire/bytes';

const PNG_HEAD = 8;
const PNG_PARTS = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS']);
const WEBP_PARTS = new Set(['VP8X', 'ALPH', 'VP8 ', 'VP8L']);
const ALPHA = 0x10;

/** The same picture without the rest; what is neither PNG nor WebP comes back as it is. */
export function plain(file: Bytes): Bytes {
  const name = text(file, 1, 3) === 'PNG' ? 'png' : text(file, 8, 4) === 'WEBP' ? 'webp' : null;
  if (name === null) return file;
  return name === 'png' ? concat(file.subarray(0, PNG_HEAD), ...parts(file, PNG_HEAD, 4, false).filter((part) => PNG_PARTS.has(text(part, 4, 4)))) : webp(file);
}

function webp(file: Bytes): Bytes {
  const kept = parts(file, 12, 0, true).filter((part) => WEBP_PARTS.has(text(part, 0, 4)));
  const made = concat(file.subarray(0, 12), ...kept);
  new DataView(made.buffer).setUint32(4, made.length - 8, true);
  // The extended header comes first, and its flags announce what else there is.
  if (text(made, 12, 4) === 'VP8X') made[20] = (made[20] ?? 0) & ALPHA;
  return made;
}

/** The parts of a file: of PNG `size name body sum` (big-endian), of WebP `name size body`, even (little-endian). */
function parts(file: Bytes, begin: number, after: number, little: boolean): Bytes[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const found: Bytes[] = [];
  for (let at = begin; at + 8 <= file.length; ) {
    const size = view.getUint32(little ? at + 4 : at, little);
    const end = at + 8 + size + (little ? size % 2 : after);
    found.push(file.subarray(at, end));
    at = end;
  }
  return found;
}

function text(bytes: Bytes, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
