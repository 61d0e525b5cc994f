/** The sealed form against the AEAD as a whole, which the shared vectors check, and against Tink's own 1 MiB form. */
import fc from 'fast-check';
import { expect, it } from 'vitest';

import vectors from '../../../vectors/files.json';
import { importKey, open } from '../wire/aead';
import { concat, random, sha256, utf8, type Bytes } from '../wire/bytes';
import { layoutOf, newHeader, padme, plainOf, SEGMENT, segmentAt, Segments } from './segments';

const hex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toHex = (bytes: Bytes): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const OBJECT = 'ab'.repeat(32);

/** The vectors' file of so many bytes: byte `n` is the last byte of `n · 2654435761 >> 13`. */
function fileOf(size: number): Bytes {
  const file = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) file[at] = (Math.imul(at, 2654435761) >>> 13) & 255;
  return file;
}

async function sealAll(file: Bytes, key: Bytes, object: string, header: Bytes): Promise<Bytes[]> {
  const layout = layoutOf(file.length);
  const segments = await Segments.of(key, object, header, layout, 'encrypt');
  const out: Bytes[] = [];
  for (let index = 0; index < layout.segments; index += 1) {
    const [from, to] = plainOf(layout, index);
    const plain = new Uint8Array(to - from);
    plain.set(file.subarray(from, to));
    out.push(await segments.seal(index, plain));
  }
  return out;
}

it('pads as relay reckons', () => {
  for (const [size, padded, sealed] of vectors.padme as [number, number, number][]) {
    expect(padme(size), String(size)).toBe(padded);
    expect(layoutOf(size).sealed, String(size)).toBe(sealed);
  }
});

it('seals what Tink sealed', async () => {
  for (const { key, object, size, header, bytes, sha256: hash } of vectors.sealed) {
    const sealed = concat(...(await sealAll(fileOf(size), hex(key), object, hex(header))));
    expect(sealed.length).toBe(bytes);
    expect(toHex(await sha256(sealed)), String(size)).toBe(hash);
  }
});

it('keeps the layout whole for every size', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (size) => {
    const layout = layoutOf(size);
    expect(layout.plain).toBeGreaterThanOrEqual(size);
    expect(layout.plain - size).toBeLessThanOrEqual(size * 0.12);
    expect(plainOf(layout, layout.segments - 1)[1]).toBe(layout.plain);
    const [from, to] = plainOf(layout, layout.segments - 1);
    expect(to).toBeGreaterThanOrEqual(from);
    if (layout.plain > 0) {
      expect(to).toBeGreaterThan(from);
      expect(segmentAt(layout.plain - 1)).toBe(layout.segments - 1);
      expect(segmentAt(from)).toBe(layout.segments - 1);
    }
    expect(layout.sealed).toBeGreaterThan((layout.segments - 1) * SEGMENT);
    expect(layout.sealed).toBeLessThanOrEqual(layout.segments * SEGMENT);
  }));
});

it('opens what it sealed, as one and piece by piece, and nothing that was changed, cut, swapped or renamed', async () => {
  const key = random(32);
  const file = fileOf(2 * SEGMENT + 17);
  const header = newHeader();
  const parts = await sealAll(file, key, OBJECT, header);
  const layout = layoutOf(file.length);
  const whole = await open(await importKey(key), utf8(`samrum/file/1${OBJECT}`), header, concat(...parts).slice(40), SEGMENT);
  expect(toHex(await sha256(whole.slice(0, file.length)))).toBe(toHex(await sha256(file)));
  const segments = await Segments.of(key, OBJECT, header, layout, 'decrypt');
  const opened = await Promise.all(parts.map((part, index) => segments.open(index, part)));
  expect(toHex(await sha256(concat(...opened)))).toBe(toHex(await sha256(file)));

  const [first, second, third] = parts as [Bytes, Bytes, Bytes];
  const refused = async (work: Promise<unknown>): Promise<void> => expect(work).rejects.toMatchObject({ name: 'CannotOpen' });
  await refused(segments.open(1, third));
  await refused(segments.open(0, second));
  await refused(segments.open(1, second.slice(0, -1)));
  await refused(segments.open(2, third.map((byte, at) => (at === 3 ? byte ^ 1 : byte))));
  await refused(segments.open(0, first.slice(0, 30)));
  const renamed = await Segments.of(key, 'cd'.repeat(32), header, layout, 'decrypt');
  await refused(renamed.open(0, first));
  // Said to be shorter, so that the second segment would be the last one.
  const shorter = await Segments.of(key, OBJECT, header, layoutOf(SEGMENT), 'decrypt');
  await refused(shorter.open(1, second));
  // The same padded size, another real one: what is beyond it has to be zeros.
  const other = await Segments.of(key, OBJECT, header, layoutOf(file.length - 1), 'decrypt');
  expect(layoutOf(file.length - 1).sealed).toBe(layout.sealed);
  await refused(other.open(2, third));
  await refused(Segments.of(key, OBJECT, header.slice(1), layout, 'decrypt'));
});
