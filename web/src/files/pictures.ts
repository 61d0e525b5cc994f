/**
 * What is read and changed in a picture's bytes without decoding it: its size, and what it says besides the picture.
 *
 * A camera writes the place, the time and the device into a picture (EXIF, XMP, IPTC). They are left out before a picture is sealed;
 * which way is up stays, and so does the colour profile. The picture itself is not encoded again. Sources: JPEG ITU-T T.81 annex B and
 * CIPA DC-008 (Exif) 4.5 and 4.6; PNG, third edition, 11; WebP container, RFC 9649 2.7; GIF89a, 18.
 */
import { concat, type Bytes } from '../wire/bytes';

/** Types that browsers show as pictures, and nothing but pictures. */
export const PICTURES: readonly string[] = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'];

export interface Pixels {
  readonly width: number;
  readonly height: number;
}

function text(data: Bytes, at: number, length: number): string {
  return String.fromCharCode(...data.subarray(at, at + length));
}

function viewOf(data: Bytes): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** A picture's size as its header has it; `null`: the bytes are no picture of {@link PICTURES}. */
export function pixelsOf(data: Bytes): Pixels | null {
  try {
    return jpegPixels(data) ?? pngPixels(data) ?? webpPixels(data) ?? gifPixels(data);
  } catch (error) {
    if (error instanceof RangeError) return null; // cut short
    throw error;
  }
}

function pngPixels(data: Bytes): Pixels | null {
  if (text(data, 1, 3) !== 'PNG' || text(data, 12, 4) !== 'IHDR') return null;
  const view = viewOf(data);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function gifPixels(data: Bytes): Pixels | null {
  if (text(data, 0, 3) !== 'GIF') return null;
  const view = viewOf(data);
  return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

function webpPixels(data: Bytes): Pixels | null {
  if (text(data, 0, 4) !== 'RIFF' || text(data, 8, 4) !== 'WEBP') return null;
  const view = viewOf(data);
  switch (text(data, 12, 4)) {
    case 'VP8X':
      return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
    }
    case 'VP8 ':
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    default:
      return null;
  }
}

interface Marker {
  readonly code: number;
  readonly start: number;
  /** After its data. */
  readonly end: number;
}

/** The segments of a JPEG before its picture data, which begins with the last of them. */
function* markers(data: Bytes): Generator<Marker> {
  const view = viewOf(data);
  for (let at = 2; view.getUint8(at) === 0xff;) {
    const code = view.getUint8(at + 1);
    if (code === 0xff) at += 1; // fill bytes
    else if (code === 0xda) {
      yield { code, start: at, end: data.length };
      return;
    } else {
      const end = at + 2 + view.getUint16(at + 2);
      yield { code, start: at, end };
      at = end;
    }
  }
}

function isJpeg(data: Bytes): boolean {
  return data[0] === 0xff && data[1] === 0xd8;
}

function jpegPixels(data: Bytes): Pixels | null {
  if (!isJpeg(data)) return null;
  for (const { code, start } of markers(data)) {
    // Start of frame, of whichever coding: C0 to CF but tables (C4), reserved (C8) and arithmetic conditioning (CC).
    if (code < 0xc0 || code > 0xcf || code === 0xc4 || code === 0xc8 || code === 0xcc) continue;
    const pixels = { width: viewOf(data).getUint16(start + 7), height: viewOf(data).getUint16(start + 5) };
    return turned(orientationOf(data)) ? { width: pixels.height, height: pixels.width } : pixels;
  }
  return null;
}

function turned(orientation: number): boolean {
  return orientation >= 5;
}

/** How the picture has to be turned, 1 (not at all) to 8. */
function orientationOf(data: Bytes): number {
  for (const { code, start, end } of markers(data)) {
    if (code !== 0xe1 || text(data, start + 4, 4) !== 'Exif') continue;
    const tiff = new DataView(data.buffer, data.byteOffset + start + 10, end - start - 10);
    const little = tiff.getUint16(0) === 0x4949;
    const ifd = tiff.getUint32(4, little);
    for (let entry = 0; entry < tiff.getUint16(ifd, little); entry += 1) {
      const at = ifd + 2 + entry * 12;
      if (tiff.getUint16(at, little) !== 0x0112) continue;
      const value = tiff.getUint16(at + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
  }
  return 1;
}

/** An Exif segment that says which way is up, and nothing else. */
function upright(orientation: number): Bytes {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  return Uint8Array.of(0xff, 0xe1, 0, 8 + tiff.length, 0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff);
}

/** The picture without what it says besides; `null`: there is nothing to leave out, or it is of another kind, or not whole. */
export function bare(data: Bytes): Bytes | null {
  try {
    const parts = bareJpeg(data) ?? barePng(data) ?? bareWebp(data);
    return parts === null ? null : concat(...parts);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function bareJpeg(data: Bytes): Bytes[] | null {
  if (!isJpeg(data)) return null;
  const parts = [data.subarray(0, 2)];
  const orientation = orientationOf(data);
  let left = 0;
  let whole = false;
  for (const { code, start, end } of markers(data)) {
    whole = code === 0xda;
    // APP1 Exif and XMP, APP13 IPTC, comments. APP0, APP2 (colour profile) and APP14 tell how to show it.
    if (code === 0xe1 || code === 0xed || code === 0xfe) left += 1;
    else parts.push(data.subarray(start, end));
  }
  if (left === 0 || !whole) return null;
  // JFIF (APP0) comes first where it is.
  if (orientation !== 1) parts.splice(parts[1]?.[1] === 0xe0 ? 2 : 1, 0, upright(orientation));
  return parts;
}

const PNG_LEFT_OUT: readonly string[] = ['eXIf', 'tEXt', 'zTXt', 'iTXt', 'tIME'];

function barePng(data: Bytes): Bytes[] | null {
  if (text(data, 1, 3) !== 'PNG') return null;
  const view = viewOf(data);
  const parts = [data.subarray(0, 8)];
  let left = 0;
  for (let at = 8; at < data.length;) {
    const end = at + 12 + view.getUint32(at);
    if (end > data.length) return null;
    if (PNG_LEFT_OUT.includes(text(data, at + 4, 4))) left += 1;
    else parts.push(data.subarray(at, end));
    at = end;
  }
  return left === 0 ? null : parts;
}

/** VP8X's flags for Exif and XMP. */
const WEBP_SAYS = 0x08 | 0x04;

function bareWebp(data: Bytes): Bytes[] | null {
  if (text(data, 0, 4) !== 'RIFF' || text(data, 8, 4) !== 'WEBP') return null;
  const view = viewOf(data);
  const parts: Bytes[] = [data.slice(0, 12)];
  let left = 0;
  for (let at = 12; at < data.length;) {
    const size = view.getUint32(at + 4, true);
    const end = at + 8 + size + (size % 2);
    if (end > data.length) return null;
    const kind = text(data, at, 4);
    const part = data.slice(at, end);
    if (kind === 'VP8X') part[8] = (part[8] ?? 0) & ~WEBP_SAYS;
    if (kind === 'EXIF' || kind === 'XMP ') left += 1;
    else parts.push(part);
    at = end;
  }
  if (left === 0) return null;
  const size = parts.reduce((sum, part) => sum + part.length, -8);
  viewOf(parts[0] ?? data).setUint32(4, size, true);
  return parts;
}
