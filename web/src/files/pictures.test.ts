/** What pictures say besides the picture goes; the picture and which way is up stay. */
import { expect, it } from 'vitest';

import { concat, utf8, type Bytes } from '../wire/bytes';
import { bare, pixelsOf } from './pictures';

const of = (...bytes: number[]): Bytes => Uint8Array.from(bytes);
const has = (data: Bytes, text: string): boolean => String.fromCharCode(...data).includes(text);

function segment(code: number, data: Bytes): Bytes {
  return concat(of(0xff, code, (data.length + 2) >> 8, (data.length + 2) & 255), data);
}

function exif(orientation: number, little = false): Bytes {
  const order = (number: number, size: number): number[] => {
    const big = Array.from({ length: size }, (_, at) => (number >> (8 * (size - 1 - at))) & 255);
    return little ? big.reverse() : big;
  };
  const entry = [...order(0x0112, 2), ...order(3, 2), ...order(1, 4), ...order(orientation, 2), 0, 0];
  return concat(utf8('Exif\0\0'), of(...(little ? [0x49, 0x49] : [0x4d, 0x4d]), ...order(42, 2), ...order(8, 4), ...order(1, 2), ...entry, 0, 0, 0, 0), utf8('57.7 N'));
}

const FRAME = segment(0xc0, of(8, 0, 20, 0, 30, 1, 1, 0x11, 0)); // 30 × 20
const SCAN = concat(segment(0xda, of(1, 1, 0, 0, 63, 0)), of(1, 2, 3, 0xff, 0xd9));
const jpeg = (...segments: Bytes[]): Bytes => concat(of(0xff, 0xd8), ...segments, FRAME, SCAN);
const JFIF = segment(0xe0, utf8('JFIF\0'));

it('leaves out of a JPEG place, time and comments, and keeps which way is up and the colour profile', () => {
  for (const little of [false, true]) {
    const profile = segment(0xe2, utf8('ICC_PROFILE\0'));
    const data = jpeg(JFIF, segment(0xe1, exif(6, little)), segment(0xe1, utf8('http://ns.adobe.com/xap/1.0/\0Anna')), profile, segment(0xed, utf8('Photoshop')), segment(0xfe, utf8('by Anna')));
    const left = bare(data);
    if (left === null) throw new Error('nothing left out');
    for (const word of ['57.7', 'Anna', 'Photoshop']) expect([word, has(data, word), has(left, word)]).toEqual([word, true, false]);
    expect(has(left, 'ICC_PROFILE')).toBe(true);
    expect([...left.slice(2, 4)]).toEqual([0xff, 0xe0]); // JFIF first
    expect([...left.slice(-SCAN.length)]).toEqual([...SCAN]);
    // Turned by a quarter: what is wide was high. The stripped one says the same.
    expect(pixelsOf(data)).toEqual({ width: 20, height: 30 });
    expect(pixelsOf(left)).toEqual({ width: 20, height: 30 });
    expect(bare(left)).not.toBeNull(); // its own short Exif is written anew
    expect(pixelsOf(bare(left) ?? data)).toEqual({ width: 20, height: 30 });
  }
});

it('changes nothing where nothing is said, or where the file is not whole', () => {
  expect(bare(jpeg(JFIF))).toBeNull();
  expect(pixelsOf(jpeg(JFIF))).toEqual({ width: 30, height: 20 });
  const upright = bare(jpeg(segment(0xe1, exif(1))));
  expect(upright === null ? [] : [...upright]).toEqual([...jpeg()]);
  const whole = jpeg(segment(0xe1, exif(6)));
  for (let end = 0; end < whole.length - SCAN.length; end += 1) expect(bare(whole.slice(0, end)), String(end)).toBeNull();
  for (let end = 0; end < 40; end += 1) expect(() => pixelsOf(whole.slice(0, end))).not.toThrow();
  expect([pixelsOf(utf8('no picture at all, but long enough to be one')), bare(utf8('<svg onload="x"/>'))]).toEqual([null, null]);
});

it('leaves text and Exif out of a PNG', () => {
  const chunk = (name: string, data: Bytes): Bytes => concat(of(0, 0, 0, data.length), utf8(name), data, of(1, 2, 3, 4));
  const head = concat(of(0x89), utf8('PNG\r\n'), of(0x1a, 0x0a), chunk('IHDR', of(0, 0, 1, 0, 0, 0, 0, 200, 8, 2, 0, 0, 0)));
  const rest = concat(chunk('IDAT', of(9, 9)), chunk('IEND', of()));
  const data = concat(head, chunk('tEXt', utf8('Author\0Anna')), chunk('eXIf', utf8('57.7 N')), rest);
  expect(pixelsOf(data)).toEqual({ width: 256, height: 200 });
  expect([...(bare(data) ?? [])]).toEqual([...concat(head, rest)]);
  expect(bare(concat(head, rest))).toBeNull();
  expect(bare(data.slice(0, -1))).toBeNull();
});

it('leaves Exif and XMP out of a WebP, and says so in its head', () => {
  const chunk = (name: string, data: Bytes): Bytes => concat(utf8(name), of(data.length, 0, 0, 0), data, data.length % 2 === 1 ? of(0) : of());
  const file = (flags: number, ...chunks: Bytes[]): Bytes => {
    const body = concat(utf8('WEBP'), chunk('VP8X', of(flags, 0, 0, 0, 99, 0, 0, 49, 0, 0)), ...chunks);
    return concat(utf8('RIFF'), of(body.length, 0, 0, 0), body);
  };
  const picture = chunk('VP8 ', of(1, 2, 3));
  const data = file(0x1c, picture, chunk('EXIF', utf8('57.7 N')), chunk('XMP ', utf8('Anna')));
  expect(pixelsOf(data)).toEqual({ width: 100, height: 50 });
  expect([...(bare(data) ?? [])]).toEqual([...file(0x10, picture)]);
  expect(bare(file(0x10, picture))).toBeNull();
});
