/** The page of `media-vectors.test.mjs`: the shared vectors of SFrame and of our frames, read by the client's code in a browser. */
import { Keyring, Opener, Sealer } from '../../src/meeting/frames.ts';
import { makeKid, senderKey, senderOf } from '../../src/meeting/keys.ts';
import { decodeHeader, decrypt, deriveKey, encodeHeader, encrypt } from '../../src/meeting/sframe.ts';
import type { Bytes } from '../../src/wire/bytes.ts';
import { idRaw } from '../../src/wire/ids.ts';

function bytes(hex: string): Bytes {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function hex(data: Uint8Array): string {
  return [...data].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function same(got: string, wanted: string, what: string): void {
  if (got !== wanted) throw new Error(`${what}: ${got} instead of ${wanted}`);
}

async function refuses(what: string, work: () => Promise<unknown>): Promise<void> {
  const opened = await work().then(
    () => true,
    () => false,
  );
  if (opened) throw new Error(`opened: ${what}`);
}

interface SFrameFile {
  header: { kid: string; ctr: string; encoded: string }[];
  sframe: { kid: string; ctr: string; base_key: string; sframe_salt: string; metadata: string; pt: string; ct: string }[];
}

async function sframe(file: SFrameFile): Promise<number> {
  for (const { kid, ctr, encoded } of file.header) {
    same(hex(encodeHeader(BigInt(kid), BigInt(ctr))), encoded, `header ${kid} ${ctr}`);
    const read = decodeHeader(bytes(`${encoded}ff`));
    same([read?.kid, read?.ctr, read?.length].join(), [kid, ctr, encoded.length / 2].join(), `reads ${encoded}`);
    if (encoded.length > 2 && decodeHeader(bytes(encoded.slice(0, -2))) !== null) throw new Error(`read a cut header ${encoded}`);
  }
  for (const longer of ['0800', '8000', '8107', '08', '0900ff', '90000a']) {
    if (decodeHeader(bytes(longer)) !== null) throw new Error(`a second spelling: ${longer}`);
  }
  for (const { kid, ctr, base_key, sframe_salt, metadata, pt, ct } of file.sframe) {
    const key = await deriveKey(bytes(base_key), BigInt(kid));
    same(hex(key.salt), sframe_salt, 'salt');
    same(hex(await encrypt(key, BigInt(ctr), bytes(metadata), bytes(pt))), ct, 'ciphertext');
    const header = decodeHeader(bytes(ct));
    if (header === null) throw new Error('no header');
    same(hex(await decrypt(key, header, bytes(metadata), bytes(ct))), pt, 'plain text');
    await refuses('other metadata', () => decrypt(key, header, bytes(`${metadata}00`), bytes(ct)));
    await refuses('a changed tag', () => decrypt(key, header, bytes(metadata), bytes(`${ct.slice(0, -2)}00`)));
  }
  return file.header.length + file.sframe.length;
}

interface Case {
  name: string;
  base: string;
  epoch: number;
  day: number;
  meeting: string;
  pid: string;
  dev: string;
  prefix: string;
  frame: string;
}
interface MediaFile {
  good: (Case & { join: number; kid: string; ctr: string; plain: string; sframe_salt: string })[];
  bad: Case[];
}

const OPUS = '03';

async function opened({ base, epoch, day, meeting, pid, dev, prefix, frame }: Case): Promise<string> {
  const ring = new Keyring(idRaw('c', meeting));
  ring.put({ epoch, day }, await crypto.subtle.importKey('raw', bytes(base), 'HKDF', false, ['deriveBits']));
  const sender = senderOf(`${pid}.${dev}`);
  if (sender === null) throw new Error('no sender');
  const opener = new Opener(sender, () => undefined, () => undefined);
  const result = await opener.open(ring, prefix === OPUS ? 'audio/opus' : 'video/VP8', bytes(frame).buffer, 0);
  return typeof result === 'string' ? `dropped: ${result}` : hex(new Uint8Array(result));
}

async function media({ good, bad }: MediaFile): Promise<number> {
  for (const one of good) {
    const sender = senderOf(`${one.pid}.${one.dev}`);
    if (sender === null) throw new Error('no sender');
    const kid = makeKid(one, one.join);
    same(kid.toString(16).padStart(16, '0'), one.kid, `KID of ${one.name}`);
    const base = await crypto.subtle.importKey('raw', bytes(one.base), 'HKDF', false, ['deriveBits']);
    const key = await senderKey(base, idRaw('c', one.meeting), sender, kid);
    same(hex(key.salt), one.sframe_salt, `salt of ${one.name}`);
    const sealed = await encrypt(key, BigInt(one.ctr), bytes(one.prefix), bytes(one.plain));
    same(one.prefix + hex(sealed), one.frame, one.name);
    same(await opened(one), one.prefix === OPUS ? one.plain : one.prefix + one.plain, one.name);
    if (one.ctr !== '0') continue;
    // The first frame of a worker comes out of the sealer itself.
    const sealer = new Sealer(one.join, sender);
    const ring = new Keyring(idRaw('c', one.meeting));
    ring.put(one, base);
    await sealer.use(ring, one);
    const first = await sealer.seal('audio/opus', bytes(one.plain).buffer);
    same(typeof first === 'string' ? first : hex(new Uint8Array(first)), one.frame, `sealed: ${one.name}`);
  }
  for (const one of bad) {
    const result = await opened(one);
    if (!result.startsWith('dropped: ')) throw new Error(`opened: ${one.name}`);
  }
  return good.length + bad.length;
}

Object.assign(window, { vectors: { sframe, media } });
