/** The page of `vectors-formats.test.mjs`: every format but those of `session/vectors.ts`, read by the client's own code in a browser. */
import { senderKey, senderOf } from '../../src/meeting/keys';
import { decodeHeader, decrypt, encrypt } from '../../src/meeting/sframe';
import { equal, Malformed, unb64, type Bytes } from '../../src/wire/bytes';
import { FIRST } from '../../src/wire/chain';
import { fits, unpad } from '../../src/wire/content';
import { frameBytes, frameOf } from '../../src/wire/frames';
import { idRaw, idText } from '../../src/wire/ids';
import * as jws from '../../src/wire/jws';
import { entryHash, headAfter } from '../../src/wire/ledger';
import { TYP, type ClientFrames, type Jwk } from '../../src/wire/types';
import * as valid from '../../src/wire/validators';
import { hex } from './hex';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
interface Named {
  name: string;
  class?: string;
}

/** What went wrong, by name of the case; and how many cases there were. */
class Report {
  readonly wrong: string[] = [];
  cases = 0;

  check(what: string, holds: boolean): void {
    this.cases += 1;
    if (!holds) this.wrong.push(what);
  }

  /** The work must throw `Malformed`, nothing else. */
  async refuses(what: string, work: () => unknown): Promise<void> {
    this.cases += 1;
    try {
      await work();
      this.wrong.push(`${what}: was taken`);
    } catch (error) {
      if (!(error instanceof Malformed)) this.wrong.push(`${what}: ${String(error)}`);
    }
  }

  async reads(what: string, work: () => boolean | Promise<boolean>): Promise<void> {
    this.cases += 1;
    try {
      if (!(await work())) this.wrong.push(`${what}: reads otherwise`);
    } catch (error) {
      this.wrong.push(`${what}: ${String(error)}`);
    }
  }
}

/** {"hex": …} is a `bin`. */
function plain(value: Json): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  if (typeof value['hex'] === 'string') return hex(value['hex']);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

/** Whether `found` says all that `want` says; what it has besides must be defaults. */
function covers(found: unknown, want: unknown): boolean {
  if (want instanceof Uint8Array) return found instanceof Uint8Array && equal(found, want);
  if (want === null || typeof want !== 'object') return found === want;
  if (found === null || typeof found !== 'object') return false;
  if (Array.isArray(want)) return Array.isArray(found) && found.length === want.length && want.every((one, at) => covers(found[at], one));
  return Object.entries(want).every(([key, one]) => covers((found as Record<string, unknown>)[key], one));
}

interface Signer {
  kid: string;
  jwk: Jwk;
}
interface StatementsFile {
  signers: Record<string, Signer>;
  kinds: Record<string, { signer: string; good: (Named & { jws: string; payload: Json })[]; bad: (Named & { jws: string })[] }>;
}

async function statements(file: StatementsFile, report: Report): Promise<void> {
  const keys = new Map<string, CryptoKey>();
  for (const { kid, jwk } of Object.values(file.signers)) keys.set(kid, await jws.keyOfJwk(jwk));
  const kinds = Object.entries(TYP) as [jws.StatementKind, string][];
  for (const [typ, { good, bad }] of Object.entries(file.kinds)) {
    const kind = kinds.find(([, one]) => one === typ)?.[0];
    if (kind === undefined) throw new Error(typ);
    const verify = (one: string): Promise<unknown> => jws.verify(one, kind, (kid) => keys.get(kid));
    for (const { name, jws: one, payload } of good) await report.reads(`${typ} ${name}`, async () => covers(await verify(one), payload));
    for (const { name, jws: one } of bad) await report.refuses(`${typ} ${name}`, () => verify(one));
  }
}

interface Ed25519File {
  keys: (Named & { x: string; holds: boolean })[];
  signatures: (Named & { x: string; message: string; signature: string; holds: boolean })[];
}

async function ed25519(file: Ed25519File, report: Report): Promise<void> {
  const importKey = (x: string): Promise<CryptoKey> => jws.keyOfJwk({ kty: 'OKP', crv: 'Ed25519', x });
  for (const { name, x, holds } of file.keys) {
    if (holds) await report.reads(name, async () => (await importKey(x)).type === 'public');
    else await report.refuses(name, () => importKey(x));
  }
  for (const { name, x, message, signature, holds } of file.signatures) {
    await report.reads(name, async () => (await crypto.subtle.verify('Ed25519', await importKey(x), hex(signature), hex(message))) === holds);
  }
}

interface FramesFile {
  good: { side: string; name: string; type: number; body: Json; frame: string }[];
  bad: (Named & { side: string; frame: string })[];
}
const RENAMED: Record<string, string> = { 'client Proof': 'HelloProof', 'relay Error': 'StreamError' };

async function frames(file: FramesFile, report: Report): Promise<void> {
  for (const { side, name, body, frame } of file.good) {
    const kind = RENAMED[`${side} ${name}`] ?? name;
    const want = plain(body);
    if (side === 'relay') {
      await report.reads(`${side} ${name}`, () => {
        const found = frameOf(hex(frame));
        return found.kind === kind && covers(found.body, want);
      });
    } else {
      // The client writes these, and must refuse to read them.
      await report.reads(`${side} ${name}`, () => equal(frameBytes(kind as keyof ClientFrames, want as never), hex(frame)));
      await report.refuses(`${side} ${name}`, () => frameOf(hex(frame)));
    }
  }
  for (const { name, side, frame } of file.bad) {
    // What relay refuses as a client's type may be a frame that relay sends.
    if (side === 'relay') await report.refuses(name, () => frameOf(hex(frame)));
  }
}

interface ContentFile {
  kinds: (Named & { kind: number; padded: string; fits: boolean })[];
  good: (Named & { content: Json; padded: string })[];
  newer: (Named & { padded: string })[];
  bad: (Named & { padded: string })[];
}

async function content(file: ContentFile, report: Report): Promise<void> {
  for (const { name, content: want, padded } of file.good) await report.reads(name, () => covers(unpad(hex(padded)), plain(want)));
  for (const { name, kind, padded, fits: want } of file.kinds) {
    const said = unpad(hex(padded));
    report.check(name, said !== 'newer' && fits(kind, said) === want);
  }
  for (const { name, padded } of file.newer) await report.reads(name, () => unpad(hex(padded)) === 'newer');
  for (const { name, padded } of file.bad) await report.refuses(name, () => unpad(hex(padded)));
}

interface IdsFile {
  good: { kind: 'p'; text: string; raw: string }[];
  bad: (Named & { kind: 'p'; text: string })[];
  identity: { good: { text: string; pid: string; dev: string }[]; bad: (Named & { text: string })[] };
}

async function ids(file: IdsFile, report: Report): Promise<void> {
  for (const { kind, text, raw } of file.good) {
    await report.reads(text, () => equal(idRaw(kind, text), hex(raw)) && idText(kind, hex(raw)) === text);
  }
  for (const { name, kind, text } of file.bad) await report.refuses(name, () => idRaw(kind, text));
  for (const { text, pid, dev } of file.identity.good) {
    const found = senderOf(text);
    report.check(text, found !== null && idText('p', found.pid) === pid && idText('d', found.dev) === dev);
  }
  for (const { name, text } of file.identity.bad) report.check(name, senderOf(text) === null);
}

interface MediaCase extends Named {
  base: string;
  meeting: string;
  pid: string;
  dev: string;
  prefix: string;
  frame: string;
  ctr?: string;
  kid?: string;
  plain?: string;
}

async function openFrame(one: MediaCase): Promise<{ plain: Bytes; resealed: Bytes } | null> {
  const base = await crypto.subtle.importKey('raw', hex(one.base), 'HKDF', false, ['deriveBits']);
  const clear = hex(one.prefix).length;
  const frame = hex(one.frame);
  const header = decodeHeader(frame.subarray(clear));
  if (header === null) return null;
  const sender = { pid: idRaw('p', one.pid), dev: idRaw('d', one.dev) };
  const key = await senderKey(base, idRaw('c', one.meeting), sender, header.kid);
  try {
    const opened = await decrypt(key, header, frame.subarray(0, clear), frame.slice(clear));
    return { plain: opened, resealed: await encrypt(key, header.ctr, frame.subarray(0, clear), opened) };
  } catch {
    return null;
  }
}

async function media(file: { good: MediaCase[]; bad: MediaCase[] }, report: Report): Promise<void> {
  for (const one of file.good) {
    await report.reads(one.name, async () => {
      const header = decodeHeader(hex(one.frame).subarray(hex(one.prefix).length));
      const opened = await openFrame(one);
      return (
        opened !== null && header !== null && String(header.ctr) === one.ctr && header.kid === BigInt(`0x${one.kid ?? ''}`) &&
        equal(opened.plain, hex(one.plain ?? '')) && equal(opened.resealed, hex(one.frame).slice(hex(one.prefix).length))
      );
    });
  }
  for (const one of file.bad) await report.reads(one.name, async () => (await openFrame(one)) === null);
}

interface LedgerCase extends Named {
  entries: { n: number; line: string }[];
  head: string;
  witnessed: string[];
}
interface LedgerFile {
  home: Signer;
  entries: { n: number; line: string }[];
  hashes: string[];
  heads: string[];
  good: LedgerCase[];
  bad: LedgerCase[];
}

/** The class of what is wrong with a ledger as a client compares it, or `null`. */
async function ledgerFault(one: LedgerCase, keyOf: (kid: string) => CryptoKey | undefined): Promise<string | null> {
  const verify = (head: string) => jws.verify(head, 'Head', keyOf);
  let signed;
  let others;
  try {
    signed = await verify(one.head);
    others = await Promise.all(one.witnessed.map(verify));
  } catch {
    return 'signature';
  }
  if (one.entries.some(({ n }, at) => n !== at + 1) || signed.n !== one.entries.length) return 'gap';
  const heads = [FIRST];
  for (const { line } of one.entries) heads.push(await headAfter(heads.at(-1) ?? '', [await entryHash(line)]));
  if (heads.at(-1) !== signed.head) return 'head';
  return others.every((other) => other.tenant === signed.tenant && heads[other.n] === other.head) ? null : 'fork';
}

async function ledger(file: LedgerFile, report: Report): Promise<void> {
  const key = await jws.keyOfJwk(file.home.jwk);
  const keyOf = (kid: string): CryptoKey | undefined => (kid === file.home.kid ? key : undefined);
  for (const [at, { line }] of file.entries.entries()) await report.reads(line, async () => (await entryHash(line)) === file.hashes[at]);
  for (const [n, head] of file.heads.entries()) {
    await report.reads(`head ${n}`, async () => (await headAfter(FIRST, file.hashes.slice(0, n))) === head);
  }
  for (const one of file.good) await report.reads(one.name, async () => (await ledgerFault(one, keyOf)) === null);
  for (const one of file.bad) await report.reads(one.name, async () => (await ledgerFault(one, keyOf)) === one.class);
}

interface KeysFile {
  request: Signer & { body: string; proof: string };
  good: (Named & { kind: string; text: string; value: Json })[];
  bad: (Named & { kind: string; text: string })[];
}

async function keys(file: KeysFile, report: Report): Promise<void> {
  const { kid, jwk, proof } = file.request;
  const key = await jws.keyOfJwk(jwk);
  await report.reads('the proof', async () => (await jws.verify(proof, 'Proof', (one) => (one === kid ? key : undefined))).path === '/keys');
  const read = (text: string): unknown => {
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      throw new Malformed();
    }
    // A key is 32 bytes in the one spelling that `unb64` takes.
    if (!valid.Keys(data)) throw new Malformed();
    for (const one of data.keys) if (unb64(one.key).length !== 32) throw new Malformed();
    return data;
  };
  // Requests are home's to read.
  for (const { name, kind, text, value } of file.good) if (kind === 'Keys') await report.reads(name, () => covers(read(text), value));
  for (const { name, kind, text } of file.bad) if (kind === 'Keys') await report.refuses(name, () => read(text));
}

const READERS: Record<string, (file: never, report: Report) => Promise<void>> = { statements, ed25519, frames, content, ids, media, ledger, keys };

Object.assign(globalThis, {
  formats: async (name: string, file: unknown): Promise<Report> => {
    const report = new Report();
    const reader = READERS[name];
    if (reader === undefined) throw new Error(name);
    await reader(file as never, report);
    return report;
  },
});
