/**
 * The page of `fuzz-parsers.test.mjs`: every parser of the client under hostile bytes, in a browser.
 *
 * A target gives whether it took the input and lets every error out but the parser's one declared error; the page then holds that
 * against nothing (fast-check) or against Python's verdict on the same bytes.
 */
import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { senderOf } from '../../src/meeting/keys';
import { decodeHeader, encodeHeader } from '../../src/meeting/sframe';
import { importKey, open } from '../../src/wire/aead';
import { b64, concat, equal, Malformed, unb64, utf8, type Bytes } from '../../src/wire/bytes';
import { apply, emptyState } from '../../src/wire/chain';
import { pad, unpad } from '../../src/wire/content';
import { aadOf, bodyOf, parse } from '../../src/wire/envelope';
import { frameOf } from '../../src/wire/frames';
import { idRaw, idText, type RoomId, type TenantId } from '../../src/wire/ids';
import * as jws from '../../src/wire/jws';
import { TYP, type Jwk } from '../../src/wire/types';
import * as valid from '../../src/wire/validators';
import { hex } from './hex';

type Run = (data: Bytes) => boolean | Promise<boolean>;
interface Given {
  readonly roster: { tenant: string; room: string };
  readonly aead: { segment: number; key: string; aad: string };
  readonly seeds: Record<string, string[]>;
}

const KID = `k_${'a'.repeat(26)}`;
const SIZES = [256, 1024, 4096, 16 * 1024, 60 * 1024];
const loose = new TextDecoder('utf-8', { ignoreBOM: true });

function check(holds: boolean): void {
  if (!holds) throw new Error('what was taken does not say what was given');
}

/** Whether `work` took it; only errors of these names may come out. */
async function taken(work: () => boolean | Promise<boolean>, errors: readonly string[]): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && errors.includes(error.name)) return false;
    throw error;
  }
}

function parsed(data: Bytes): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data));
  } catch {
    throw new Malformed();
  }
}

async function targets(given: Given): Promise<Record<string, Run>> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const keyOf = (kid: string): CryptoKey | undefined => (kid === KID ? pair.publicKey : undefined);
  const statement = async (header: Bytes, payload: Bytes): Promise<string> => {
    const signed = `${b64(header)}.${b64(payload)}`;
    return `${signed}.${b64(new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, utf8(signed))))}`;
  };
  const headerOf = (kind: jws.StatementKind): Bytes => utf8(JSON.stringify({ alg: 'Ed25519', typ: TYP[kind], kid: KID }));
  const verifies = async (text: string, kind: jws.StatementKind): Promise<boolean> => {
    await taken(() => Boolean(jws.peek(text, kind)), ['Malformed']);
    return taken(async () => Boolean(await jws.verify(text, kind, keyOf)), ['Malformed']);
  };
  const hint = utf8(JSON.stringify({ tenant: `t_${'a'.repeat(26)}`, to: `r_${'a'.repeat(26)}`, topic: 'room', iat: 1 }));
  const key = await importKey(hex(given.aead.key));
  const unpadded = (data: Bytes): boolean => {
    const found = unpad(data);
    if (found !== 'newer') check(equal(unpadBytes(pad(found)), unpadBytes(pad(unpad(pad(found) ?? data) as never))));
    return found !== 'newer';
  };
  const found: Record<string, Run> = {
    id: async (data) => {
      const text = loose.decode(data);
      const kinds = await Promise.all(
        (['p', 'd', 'r', 't', 'k', 'm', 'c'] as const).map((kind) => taken(() => idText(kind, idRaw(kind, text)) === text, ['Malformed'])),
      );
      return kinds.includes(true);
    },
    identity: (data) => senderOf(loose.decode(data)) !== null,
    base64: (data) => taken(() => b64(unb64(loose.decode(data))) === loose.decode(data), ['Malformed']),
    jwk: (data) =>
      taken(async () => {
        const jwk = parsed(data) as Jwk | null;
        // In the product a validator has seen it: three texts and nothing else.
        const whole = typeof jwk === 'object' && jwk !== null && Object.keys(jwk).sort().join() === 'crv,kty,x';
        if (!whole || Object.values(jwk).some((one) => typeof one !== 'string')) throw new Malformed();
        return (await jws.keyOfJwk(jwk)).type === 'public';
      }, ['Malformed']),
    statement: async (data) => verifies(loose.decode(data), 'Cert'),
    header: async (data) => verifies(await statement(data, hint), 'Hint'),
    chain: (data) =>
      taken(async () => {
        let state = emptyState(given.roster.tenant as TenantId, given.roster.room as RoomId);
        for (const line of lines(data)) {
          const text = await statement(headerOf('Roster'), replaced(line, state.head));
          state = await apply(state, await jws.verify(text, 'Roster', keyOf), await jws.digest(text));
        }
        return true;
      }, ['Malformed', 'BadRoster']),
    envelope: (data) =>
      taken(() => {
        const one = parse(data);
        check(equal(concat(bodyOf(aadOf(one), one.header, one.sealed), one.signature), data));
        return true;
      }, ['Malformed']),
    aead: (data) =>
      taken(async () => Boolean(await open(key, hex(given.aead.aad), data.slice(0, 40), data.slice(40), given.aead.segment)), ['CannotOpen']),
    content: (data) =>
      taken(() => {
        const padded = new Uint8Array(SIZES.find((size) => data.length + 4 <= size) ?? 256);
        if (data.length + 4 > padded.length) return false;
        new DataView(padded.buffer).setUint32(0, data.length);
        padded.set(data, 4);
        return unpadded(padded);
      }, ['Malformed']),
    padded: (data) => taken(() => unpadded(data), ['Malformed']),
    'relay-frame': (data) => taken(() => Boolean(frameOf(data)), ['Malformed']),
    sframe: (data) => {
      const header = decodeHeader(data);
      if (header !== null) check(equal(encodeHeader(header.kid, header.ctr), data.subarray(0, header.length)));
      return header !== null;
    },
    body: async (data) => {
      const value = await taken(() => Boolean([parsed(data)]), ['Malformed']);
      return value && Object.values(valid).some((one) => one(parsed(data)));
    },
  };
  for (const kind of Object.keys(TYP) as jws.StatementKind[]) {
    found[`payload-${kind.toLowerCase()}`] = async (data) => verifies(await statement(headerOf(kind), data), kind);
  }
  return found;
}

function unpadBytes(padded: Bytes | null): Bytes {
  return padded ?? new Uint8Array();
}

function lines(data: Bytes): Bytes[] {
  const out: Bytes[] = [];
  let from = 0;
  for (let at = 0; at <= data.length; at += 1) {
    if (at === data.length || data[at] === 10) {
      out.push(data.slice(from, at));
      from = at + 1;
    }
  }
  return out;
}

/** The line with every "@" as `head`. */
function replaced(line: Bytes, head: string): Bytes {
  const parts: Bytes[] = [];
  let from = 0;
  for (let at = 0; at + 2 < line.length; at += 1) {
    if (line[at] !== 34 || line[at + 1] !== 64 || line[at + 2] !== 34) continue;
    parts.push(line.slice(from, at), utf8(`"${head}"`));
    from = at + 3;
    at += 2;
  }
  return concat(...parts, line.slice(from));
}

const ODD: unknown[] = [
  null, true, false, 0, 1, -1, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 64, '', '\n', 'x'.repeat(300), '\ufeff', '\ud800', 'p_', 'A'.repeat(43), `p_${'a'.repeat(26)}`,
  `p_${'a'.repeat(26)}\n`, [], {}, [[]], JSON.parse('{"__proto__": {}}'), new Uint8Array(), new Uint8Array(32), new Date(0),
];
const INTERESTING = ['', '00', 'ff', '0a', '2e', '3d', 'efbbbf', 'eda080', 'c1', 'd903', 'ffffffff', '91'.repeat(300)].map(hex);

/** Numbers that fast-check chose, one after the other. */
class Dice {
  private at = 0;
  constructor(private readonly numbers: readonly number[]) {}
  next(below: number): number {
    const found = this.numbers[this.at++ % this.numbers.length] ?? 0;
    return below === 0 ? 0 : found % below;
  }
}

function bend(value: unknown, dice: Dice): unknown {
  const odd = ODD[dice.next(ODD.length)];
  const list: unknown[] = Array.isArray(value) ? value : [];
  if (list.length > 0 && dice.next(5) > 0) {
    const at = dice.next(list.length);
    return [...list.slice(0, at), bend(list[at], dice), ...list.slice(at + dice.next(2))];
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && dice.next(5) > 0) {
    const entries = Object.entries(value) as [string, unknown][];
    const at = dice.next(entries.length);
    const how = dice.next(6);
    if (how === 0) return Object.fromEntries(entries.filter((_, index) => index !== at));
    if (how === 1) return { ...value, [['name', 'v', 'n', 'constructor'][dice.next(4)] ?? '']: odd };
    return Object.fromEntries(entries.map(([name, one], index) => [name, index === at ? bend(one, dice) : one]));
  }
  return odd;
}

function spoil(data: Bytes, dice: Dice): Bytes {
  let out = data;
  for (let round = dice.next(4); round >= 0; round -= 1) {
    const at = dice.next(out.length + 1);
    const rest = [() => out.slice(at + 1 + dice.next(9)), () => concat(INTERESTING[dice.next(INTERESTING.length)] ?? out, out.slice(at))];
    const how = dice.next(4);
    if (how < 2) out = concat(out.slice(0, at), rest[how]?.() ?? out);
    else if (at < out.length) out = out.map((byte, index) => (index === at ? byte ^ (how === 2 ? 1 << dice.next(8) : dice.next(256)) : byte));
  }
  return out;
}

function hostile(name: string, seed: Bytes, numbers: readonly number[]): Bytes {
  const dice = new Dice(numbers);
  const how = dice.next(10);
  try {
    if (how < 6 && name === 'relay-frame') return concat(seed.slice(0, 1), encode(bend(decode(seed.slice(1)), dice)));
    if (how < 6 && name === 'content') return concat(encode(bend(decode(seed), dice)));
    if (how < 6 && /payload|jwk|header|body/.test(name)) return utf8(JSON.stringify(bend(JSON.parse(loose.decode(seed)), dice)));
  } catch {
    // Not bendable: spoilt by bytes instead.
  }
  return spoil(seed, dice);
}

Object.assign(globalThis, {
  /** Runs every target for its share of `seconds`; gives the runs of each and what broke. */
  formats: async (given: Given, seconds: number) => {
    const runs: Record<string, { runs: number; took: number }> = {};
    const wrong: string[] = [];
    const all = await targets(given);
    const share = (seconds * 1000) / Object.keys(all).length;
    for (const [name, run] of Object.entries(all)) {
      const seeds = (given.seeds[name] ?? ['']).map(hex);
      const noise = fc.uint8Array({ maxLength: 600 }).map((data) => Uint8Array.from(data));
      const spoilt = fc.tuple(fc.constantFrom(...seeds), fc.array(fc.nat(), { minLength: 20, maxLength: 20 })).map(([seed, numbers]) => hostile(name, seed, numbers));
      const count = { runs: 0, took: 0 };
      const end = performance.now() + share;
      do {
        try {
          await fc.assert(
            fc.asyncProperty(fc.oneof({ weight: 1, arbitrary: noise }, { weight: 4, arbitrary: spoilt }), async (data) => {
              if (await run(data)) count.took += 1;
              count.runs += 1;
            }),
            { numRuns: 100 },
          );
        } catch (error) {
          wrong.push(`${name}: ${String(error)}`);
          break;
        }
      } while (performance.now() < end);
      runs[name] = count;
    }
    return { runs, wrong };
  },
  /** Inputs on which this browser says otherwise than Python: `target hex python browser`. */
  differences: async (given: Given, verdicts: Record<string, [string, boolean][]>) => {
    const out: string[] = [];
    const all = await targets(given);
    for (const [name, cases] of Object.entries(verdicts)) {
      const run = all[name];
      if (run === undefined) throw new Error(name);
      for (const [data, python] of cases) {
        const browser = await run(hex(data));
        if (browser !== python) out.push(`${name} ${data} ${String(python)} ${String(browser)}`);
      }
    }
    return out;
  },
});
