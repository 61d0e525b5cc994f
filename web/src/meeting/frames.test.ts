import { beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../wire/ids.ts';
import { type Drop, Keyring, Opener, ReplayWindow, Sealer } from './frames.ts';
import { type Period, type Sender, senderOf, tagOf } from './keys.ts';

const PERIOD: Period = { epoch: 7, day: 20_000 };
const MEETING = new Uint8Array(16).fill(9);

function person(): Sender {
  const made = senderOf(`${newId('p')}.${newId('d')}`);
  if (made === null) throw new Error('no sender');
  return made;
}

async function secret(byte: number): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new Uint8Array(32).fill(byte), 'HKDF', false, ['deriveBits']);
}

async function keyring(byte = 1): Promise<Keyring> {
  const ring = new Keyring(MEETING);
  ring.put(PERIOD, await secret(byte));
  return ring;
}

const VP8 = 'video/VP8';
const OPUS = 'audio/opus';
const delta = (): ArrayBuffer => Uint8Array.from({ length: 200 }, (_, at) => (at === 0 ? 0x31 : at)).buffer;
const key = (): ArrayBuffer => Uint8Array.from({ length: 200 }, (_, at) => (at === 0 ? 0x30 : at)).buffer;
const sound = (): ArrayBuffer => Uint8Array.of(0xfc, 1, 2, 3).buffer;

function sealed(result: ArrayBuffer | Drop): ArrayBuffer {
  if (typeof result === 'string') throw new Error(`dropped: ${result}`);
  return result;
}

let anna: Sender;
let ring: Keyring;
let sealer: Sealer;
let missing: number[];
let opener: Opener;

beforeEach(async () => {
  anna = person();
  ring = await keyring();
  sealer = new Sealer(42, anna);
  await sealer.use(ring, PERIOD);
  missing = [];
  opener = new Opener(anna, (tag) => missing.push(tag), () => undefined);
});

describe('sealing', () => {
  test('without a key nothing comes out', async () => {
    expect(await new Sealer(1, anna).seal(VP8, delta())).toBe('no_key');
  });

  test('a period whose secret is not here changes nothing', async () => {
    expect(await new Sealer(1, anna).use(ring, { epoch: 8, day: PERIOD.day })).toBe(false);
  });

  test.each([['video/VP9'], ['video/H264'], ['audio/red'], [undefined]])('%s is not sent', async (mime) => {
    expect(await sealer.seal(mime, delta())).toBe('codec');
  });

  test.each([
    ['VP8 delta', VP8, delta, 3],
    ['VP8 key', VP8, key, 10],
  ] as const)('%s keeps its clear bytes and hides the rest', async (_name, mime, frame, clear) => {
    const out = new Uint8Array(sealed(await sealer.seal(mime, frame())));
    const plain = new Uint8Array(frame());
    expect(out.subarray(0, clear)).toEqual(plain.subarray(0, clear));
    expect(out.join()).not.toContain(plain.subarray(clear, clear + 8).join());
  });

  test('an Opus frame shows nothing of itself, and no decoder takes it', async () => {
    const out = new Uint8Array(sealed(await sealer.seal(OPUS, sound())));
    expect(out[0]).toBe(3);
    // RFC 6716 R5: not more than 120 ms; with 10 ms frames, more than twelve in the low six bits are malformed.
    expect((out[1] ?? 0) & 63).toBeGreaterThan(12);
  });

  test('no counter comes twice, over tracks and periods', async () => {
    const frames: ArrayBuffer[] = [];
    for (const mime of [VP8, OPUS, VP8]) frames.push(sealed(await sealer.seal(mime, mime === OPUS ? sound() : delta())));
    ring.put({ epoch: 8, day: PERIOD.day }, await secret(2));
    await sealer.use(ring, { epoch: 8, day: PERIOD.day });
    await sealer.use(ring, PERIOD);
    frames.push(sealed(await sealer.seal(VP8, delta())));
    for (const frame of frames) expect(await opener.open(ring, new Uint8Array(frame)[0] === 3 ? OPUS : VP8, frame.slice(0), 0)).toBeInstanceOf(ArrayBuffer);
  });
});

describe('opening', () => {
  test('gives back exactly what was sealed', async () => {
    for (const [mime, frame] of [[VP8, delta()], [VP8, key()], [OPUS, sound()]] as const) {
      expect(await opener.open(ring, mime, sealed(await sealer.seal(mime, frame)), 0)).toEqual(frame);
    }
  });

  test('a clear frame is dropped, whatever it looks like', async () => {
    for (const [mime, frame] of [[VP8, delta()], [VP8, key()], [OPUS, sound()]] as const) {
      expect(await opener.open(ring, mime, frame, 0)).toBeTypeOf('string');
    }
    for (let size = 0; size < 60; size += 1) {
      for (const mime of [VP8, OPUS]) expect(await opener.open(ring, mime, crypto.getRandomValues(new Uint8Array(size)).buffer, 0)).toBeTypeOf('string');
    }
  });

  test('every changed byte is found', async () => {
    for (const [mime, frame] of [[VP8, delta()], [OPUS, sound()]] as const) {
      const good = new Uint8Array(sealed(await sealer.seal(mime, frame)));
      for (let at = 0; at < good.length; at += 1) {
        const bad = good.slice();
        bad[at] = (bad[at] ?? 0) ^ 1;
        // A fresh opener, since changed key ids use up the budget.
        const result = await new Opener(anna, () => undefined, () => undefined).open(ring, mime, bad.buffer, 0);
        expect(result).toBeTypeOf('string');
      }
    }
  });

  test('a frame of one person does not open as another\'s, nor in another meeting', async () => {
    const frame = sealed(await sealer.seal(VP8, delta()));
    expect(await new Opener(person(), () => undefined, () => undefined).open(ring, VP8, frame.slice(0), 0)).toBe('auth');
    const elsewhere = new Keyring(new Uint8Array(16).fill(8));
    elsewhere.put(PERIOD, await secret(1));
    expect(await opener.open(elsewhere, VP8, frame.slice(0), 0)).toBe('auth');
    expect(await opener.open(await keyring(2), VP8, frame.slice(0), 0)).toBe('auth');
  });

  test('a replayed frame is dropped, on another track of the sender too', async () => {
    const frame = sealed(await sealer.seal(VP8, delta()));
    expect(await opener.open(ring, VP8, frame.slice(0), 0)).toBeInstanceOf(ArrayBuffer);
    expect(await opener.open(ring, VP8, frame.slice(0), 0)).toBe('replay');
    expect(await new Opener(anna, () => undefined, () => undefined).open(ring, VP8, frame.slice(0), 0)).toBe('replay');
  });

  test('two openings of one frame at the same time give it once', async () => {
    const frame = sealed(await sealer.seal(VP8, delta()));
    const both = await Promise.all([opener.open(ring, VP8, frame.slice(0), 0), opener.open(ring, VP8, frame.slice(0), 0)]);
    expect(both.filter((one) => one === 'replay')).toHaveLength(1);
  });

  test('frames out of order open', async () => {
    const frames: ArrayBuffer[] = [];
    for (let n = 0; n < 5; n += 1) frames.push(sealed(await sealer.seal(VP8, delta())));
    for (const frame of frames.reverse()) expect(await opener.open(ring, VP8, frame, 0)).toBeInstanceOf(ArrayBuffer);
  });

  test('a missing secret is named, and after it came the frames open', async () => {
    const late = new Keyring(MEETING);
    const frame = sealed(await sealer.seal(VP8, delta()));
    expect(await opener.open(late, VP8, frame.slice(0), 0)).toBe('no_key');
    expect(missing).toEqual([tagOf(PERIOD)]);
    late.put(PERIOD, await secret(1));
    expect(await opener.open(late, VP8, frame.slice(0), 0)).toBeInstanceOf(ArrayBuffer);
  });

  test('after its secret was dropped a period stays closed, known senders included', async () => {
    const [first, second] = [sealed(await sealer.seal(VP8, delta())), sealed(await sealer.seal(VP8, delta()))];
    expect(await opener.open(ring, VP8, first, 0)).toBeInstanceOf(ArrayBuffer);
    ring.drop(PERIOD);
    expect(await opener.open(ring, VP8, second, 0)).toBe('no_key');
  });

  test('four new key ids a minute are tried, and one that is known costs nothing', async () => {
    const joins = [0, 1, 2, 3, 4, 5].map((join) => new Sealer(join, anna));
    const [first, , , , fifth] = joins as [Sealer, Sealer, Sealer, Sealer, Sealer];
    for (const one of joins) await one.use(ring, PERIOD);
    const results: unknown[] = [];
    for (const one of joins) results.push(await opener.open(ring, VP8, sealed(await one.seal(VP8, delta())), 1000));
    expect(results.map((one) => typeof one)).toEqual(['object', 'object', 'object', 'object', 'string', 'string']);
    expect(results[4]).toBe('budget');
    expect(await opener.open(ring, VP8, sealed(await first.seal(VP8, delta())), 1001)).toBeInstanceOf(ArrayBuffer);
    expect(await opener.open(ring, VP8, sealed(await fifth.seal(VP8, delta())), 61_001)).toBeInstanceOf(ArrayBuffer);
  });

  test('a forged key id leaves nothing behind', async () => {
    const liar = new Sealer(5, anna);
    await liar.use(await keyring(2), PERIOD);
    expect(await opener.open(ring, VP8, sealed(await liar.seal(VP8, delta())), 0)).toBe('auth');
    expect(ring.keysOf(anna).size).toBe(0);
  });
});

describe('replay window', () => {
  test('takes each counter once, in any order, and nothing that is too old', () => {
    const window = new ReplayWindow();
    const order = [0, 5, 3, 4, 1, 2, 9000, 8999, 9000 - ReplayWindow.SIZE + 1];
    for (const ctr of order) expect(window.accept(ctr), String(ctr)).toBe(true);
    for (const ctr of [...order, 9000 - ReplayWindow.SIZE]) expect(window.accept(ctr), String(ctr)).toBe(false);
  });

  test('forgets the marks of the last turn', () => {
    const window = new ReplayWindow();
    for (let ctr = 0; ctr < 3 * ReplayWindow.SIZE; ctr += 3) expect(window.accept(ctr)).toBe(true);
    const newest = 3 * ReplayWindow.SIZE - 3;
    for (let ctr = newest - ReplayWindow.SIZE + 1; ctr < newest; ctr += 1) expect(window.seen(ctr)).toBe(ctr % 3 === 0);
  });
});
