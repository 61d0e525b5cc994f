/** Whatever comes in, a parser gives a value or {@link Malformed}; one value has one spelling. */
import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { b64, Malformed, unb64 } from './bytes';
import { pad, unpad } from './content';
import { parse } from './envelope';
import { frameBytes, frameOf } from './frames';
import { idRaw, idText, newId } from './ids';
import { peek } from './jws';

const bytes = (max: number, min = 0): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((list) => Uint8Array.from(list));

/** The value, or `undefined` where it is refused as malformed. */
function given<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    expect(error).toBeInstanceOf(Malformed);
    return undefined;
  }
}

test('ids and base64url go both ways, with one spelling', () => {
  fc.assert(fc.property(bytes(16, 16), (raw) => {
    const text = idText('p', raw);
    expect(idRaw('p', text)).toEqual(raw);
  }));
  fc.assert(fc.property(fc.string({ maxLength: 40 }), (text) => {
    const raw = given(() => idRaw('p', text));
    if (raw !== undefined) expect(idText('p', raw)).toBe(text);
  }));
  fc.assert(fc.property(bytes(50), fc.string({ maxLength: 4 }), (raw, more) => {
    const text = b64(raw);
    expect(unb64(text)).toEqual(raw);
    const other = given(() => unb64(text + more));
    if (other !== undefined) expect(b64(other)).toBe(text + more);
  }));
  expect(() => idRaw('p', `${newId('p')}\n`)).toThrow(Malformed);
});

test('noise is malformed, never another error', () => {
  fc.assert(fc.property(bytes(400), (data) => {
    given(() => frameOf(data));
    given(() => parse(data));
    given(() => unpad(data));
  }));
  fc.assert(fc.property(fc.array(bytes(30), { minLength: 2, maxLength: 4 }), (parts) => {
    given(() => peek(parts.map(b64).join('.'), 'Cert'));
  }));
});

test('relay\'s frames: unknown fields and other types are refused', () => {
  const sent = { msg_id: newId('m'), room: newId('r'), pos: 7, hash: new Uint8Array(32) };
  const frame = (body: unknown): Uint8Array<ArrayBuffer> => Uint8Array.from([66, ...encode(body)]);
  expect(frameOf(frame(sent))).toEqual({ kind: 'Sent', body: sent });
  for (const bad of [{ ...sent, display_name: 'x' }, { ...sent, pos: -1 }, { ...sent, pos: '7' }, { ...sent, hash: 'x' }, { ...sent, room: newId('m') }, [], null]) {
    expect(() => frameOf(frame(bad))).toThrow(Malformed);
  }
  expect(() => frameOf(Uint8Array.from([3, ...encode({ env: new Uint8Array(3) })]))).toThrow(Malformed);
});

test('the client\'s frames are its number and a map', () => {
  const data = frameBytes('Last', { re: 3, room: newId('r') });
  expect(data[0]).toBe(10);
  expect(decode(data.subarray(1))).toMatchObject({ re: 3 });
});

test('content goes both ways, padded to few sizes; what does not fit is said', () => {
  fc.assert(fc.property(fc.string({ maxLength: 3000, unit: 'grapheme' }), (text) => {
    const padded = pad({ v: 1, t: text, m: [] });
    expect([256, 1024, 4096, 16_384, 61_440]).toContain(padded?.length);
    expect(padded && unpad(padded)).toEqual({ v: 1, t: text, m: [], a: false, q: null, o: [], e: '', x: false, c: null });
  }));
  expect(pad({ v: 1, t: 'x'.repeat(62_000), m: [] })).toBeNull();
});
