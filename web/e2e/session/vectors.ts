/** The page of `vectors.test.mjs`: reads the shared vectors with the client's own code, in a browser. */
import { importKey, open, seal } from '../../src/wire/aead';
import { equal, type Bytes } from '../../src/wire/bytes';
import { apply, begin, emptyState, wasMember, withList, withPast, type RoomState } from '../../src/wire/chain';
import { pad, unpad } from '../../src/wire/content';
import * as envelope from '../../src/wire/envelope';
import { idRaw, idText, newId, type Pid, type RoomId, type TenantId } from '../../src/wire/ids';
import * as jws from '../../src/wire/jws';
import type { Jwk, Role } from '../../src/wire/types';

function hex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Whether `work` throws an error of that name (another error is thrown on). */
async function refuses(names: readonly string[], work: () => unknown): Promise<boolean> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return true;
    throw error;
  }
  return false;
}

interface AeadFile {
  vectors: { name: string; segment: number; key: string; aad: string; plain: string; header: string; sealed: string }[];
}

async function aead({ vectors }: AeadFile): Promise<number> {
  for (const { name, segment, key, aad, plain, header, sealed } of vectors) {
    const imported = await importKey(hex(key));
    check(equal(await open(imported, hex(aad), hex(header), hex(sealed), segment), hex(plain)), `aead opens: ${name}`);
    const bad = async (h: Bytes, s: Bytes, a = hex(aad)): Promise<boolean> => refuses(['CannotOpen'], () => open(imported, a, h, s, segment));
    check(await bad(hex(header), hex(sealed).slice(0, -1)), `aead cut: ${name}`);
    check(await bad(hex(header), hex(`${sealed}00`)), `aead longer: ${name}`);
    check(await bad(hex(header).map((byte, at) => (at === 5 ? byte ^ 1 : byte)), hex(sealed)), `aead salt: ${name}`);
    check(await bad(hex(header), hex(sealed), hex(`${aad}00`)), `aead aad: ${name}`);
    const [ownHeader, own] = await seal(imported, hex(aad), hex(plain), segment);
    check(equal(await open(imported, hex(aad), ownHeader, own, segment), hex(plain)), `aead round: ${name}`);
    if (hex(sealed).length > 2 * segment) {
      const parts = hex(sealed);
      const swapped = parts.slice();
      swapped.set(parts.slice(segment, 2 * segment), segment - 40);
      check(await bad(hex(header), swapped), `aead swapped: ${name}`);
      check(await bad(hex(header), parts.slice(0, segment - 40)), `aead truncated at a segment: ${name}`);
    }
  }
  return vectors.length;
}

interface JwsFile {
  home: { kid: string; jwk: Jwk };
  good: string;
  payload: object;
  bad: Record<string, string>;
}

async function statements({ home, good, payload, bad }: JwsFile): Promise<number> {
  const key = await jws.keyOfJwk(home.jwk);
  const keyOf = (kid: string): CryptoKey | undefined => (kid === home.kid ? key : undefined);
  check(JSON.stringify(await jws.verify(good, 'Cert', keyOf)) === JSON.stringify(payload), 'jws payload');
  for (const [name, text] of Object.entries(bad)) check(await refuses(['Malformed'], () => jws.verify(text, 'Cert', keyOf)), `jws ${name}`);
  return Object.keys(bad).length + 1;
}

interface RosterFile {
  tenant: TenantId;
  room: RoomId;
  home: { kid: string; jwk: Jwk };
  chain: { jws: string; head: string; members: string; epoch: number }[];
  bad: Record<string, string>;
  quiet: string;
  was_member: { pid: Pid; epochs: Record<string, boolean> };
}

async function roster(file: RosterFile): Promise<number> {
  const key = await jws.keyOfJwk(file.home.jwk);
  const next = async (state: RoomState, text: string): Promise<RoomState> =>
    apply(state, await jws.verify(text, 'Roster', (kid) => (kid === file.home.kid ? key : undefined)), await jws.digest(text));
  let state = emptyState(file.tenant, file.room);
  for (const { jws: text, head, members, epoch } of file.chain) {
    state = await next(state, text);
    check(state.head === head && state.hashes[state.version] === members && state.epoch === epoch, `roster ${String(state.version)}`);
  }
  for (const [name, text] of Object.entries(file.bad)) {
    check(await refuses(['Malformed', 'BadRoster'], () => next(state, text)), `roster ${name}`);
  }
  check((await next(state, file.quiet)).version === state.version + 1, 'roster without a change');
  for (const [epoch, was] of Object.entries(file.was_member.epochs)) {
    check(wasMember(state, file.was_member.pid, Number(epoch)) === (was ? 'yes' : 'no'), `roster member in ${epoch}`);
  }
  return file.chain.length + Object.keys(file.bad).length;
}

type List = [Pid, Role, number | null][];

interface SnapshotFile {
  tenant: TenantId;
  room: RoomId;
  home: { kid: string; jwk: Jwk };
  snapshot: string;
  list: List;
  chain: { jws: string; head: string; members: string; epoch: number; count: number }[];
  list_after: List;
  past: string;
  was_member: { pid: Pid; epochs: Record<string, boolean> }[];
  bad: { snapshot: Record<string, string>; list: Record<string, List>; roster: Record<string, string>; past: Record<string, string> };
}

/** A room that begins from a snapshot: with the list or without it, and what lies before told early, in the middle or late. */
async function snapshot(file: SnapshotFile): Promise<number> {
  const key = await jws.keyOfJwk(file.home.jwk);
  const keyOf = (kid: string): CryptoKey | undefined => (kid === file.home.kid ? key : undefined);
  const begun = async (text: string): Promise<RoomState> => begin(file.tenant, file.room, await jws.verify(text, 'Snapshot', keyOf));
  const next = async (state: RoomState, text: string): Promise<RoomState> =>
    apply(state, await jws.verify(text, 'Roster', keyOf), await jws.digest(text));
  const told = async (state: RoomState, text: string): Promise<RoomState> => withPast(state, await jws.verify(text, 'Past', keyOf));
  const steps = file.chain.length;
  const follow = async (listAt: number, pastAt: number): Promise<RoomState> => {
    let state = await begun(file.snapshot);
    for (let step = 0; step <= steps; step += 1) {
      if (step === listAt) state = await withList(state, file.list);
      if (step === pastAt) state = await told(state, file.past);
      const one = file.chain[step];
      if (one === undefined) break;
      state = await next(state, one.jws);
      check(state.head === one.head && state.hashes[state.version] === one.members, `snapshot ${String(state.version)}`);
      check(state.epoch === one.epoch && state.count === one.count, `snapshot facts ${String(state.version)}`);
    }
    return state;
  };
  const whole = await follow(0, 0);
  check(JSON.stringify(Object.entries(whole.members).sort().map(([pid, { role, until }]) => [pid, role, until])) === JSON.stringify(file.list_after), 'list');
  for (let listAt = 0; listAt <= steps; listAt += 1) {
    for (let pastAt = 0; pastAt <= steps; pastAt += 1) {
      const other = await follow(listAt, pastAt);
      for (const part of ['members', 'gone', 'spans', 'led', 'told', 'keys', 'hashes'] as const) {
        const facts = (state: RoomState): string => JSON.stringify(Object.entries(state[part]).sort());
        check(facts(other) === facts(whole), `${part}, list at ${String(listAt)}, past at ${String(pastAt)}`);
      }
    }
  }
  for (const state of [await follow(-1, -1), await follow(-1, steps)]) {
    for (const { pid, epochs } of file.was_member) {
      for (const [epoch, was] of Object.entries(epochs)) {
        const said = wasMember(state, pid, Number(epoch));
        const known = Object.hasOwn(state.told, pid);
        check(said === (was ? 'yes' : 'no') || (!known && said === 'ask'), `member ${pid} in ${epoch}: ${said}`);
      }
    }
  }
  const after = await follow(-1, -1);
  const refused = async (what: string, all: Record<string, unknown>, work: (one: never) => Promise<unknown>): Promise<void> => {
    for (const [name, one] of Object.entries(all)) check(await refuses(['Malformed', 'BadRoster'], () => work(one as never)), `${what} ${name}`);
  };
  await refused('snapshot', file.bad.snapshot, begun);
  await refused('list', file.bad.list, async (list: List) => withList(await begun(file.snapshot), list));
  const stranger = file.was_member.findLast(({ pid }) => !file.list_after.some(([one]) => one === pid))?.pid ?? ('' as Pid);
  await refused('list later', { 'a stranger': [...file.list, [stranger, 'member', null]] }, (list: List) => withList(after, list));
  await refused('roster', file.bad.roster, (text: string) => next(after, text));
  await refused('past', file.bad.past, (text: string) => told(after, text));
  return steps + Object.values(file.bad).reduce((sum, all) => sum + Object.keys(all).length, 0);
}

interface EnvelopeFile {
  device: Jwk;
  key: string;
  tenant: string;
  room: string;
  pid: string;
  dev: string;
  key_id: string;
  epoch: number;
  sent_at: number;
  good: { env: string; plain: string; text: string; seq: number; msg_id: string }[];
  unparsable: Record<string, string>;
  signature_fails: Record<string, string>;
}

async function envelopes(file: EnvelopeFile): Promise<number> {
  const device = await jws.keyOfJwk(file.device);
  const key = await importKey(hex(file.key));
  const signed = async (data: Bytes, head: envelope.Envelope): Promise<boolean> =>
    crypto.subtle.verify('Ed25519', device, head.signature, await envelope.signedBytes(envelope.bodyIn(data)));
  for (const { env, plain, text, seq, msg_id: msgId } of file.good) {
    const data = hex(env);
    const head = envelope.parse(data);
    const facts = [head.tenant, head.room, head.pid, head.dev, head.keyId, head.epoch, head.seq, head.msgId, head.kind, head.sentAt, head.ref];
    const wanted = [file.tenant, file.room, file.pid, file.dev, file.key_id, file.epoch, seq, msgId, 1, file.sent_at, null];
    check(JSON.stringify(facts) === JSON.stringify(wanted), `envelope facts ${String(seq)}`);
    check(equal(envelope.aadOf(head), head.aad), `envelope aad ${String(seq)}`);
    check(equal(envelope.bodyOf(head.aad, head.header, head.sealed), envelope.bodyIn(data)), `envelope body ${String(seq)}`);
    check(await signed(data, head), `envelope signature ${String(seq)}`);
    const opened = await open(key, head.aad, head.header, head.sealed);
    check(equal(opened, hex(plain)), `envelope plain ${String(seq)}`);
    const content = unpad(opened);
    check(content !== 'newer' && content.t === text, `envelope text ${String(seq)}`);
    const padded = pad({ v: 1, t: text, m: [] });
    check(padded !== null && padded.length === opened.length, `envelope padding ${String(seq)}`);
  }
  for (const [name, env] of Object.entries(file.unparsable)) check(await refuses(['Malformed'], () => envelope.parse(hex(env))), `envelope ${name}`);
  for (const [name, env] of Object.entries(file.signature_fails)) {
    check(!(await signed(hex(env), envelope.parse(hex(env)))), `envelope ${name}`);
  }
  return file.good.length + Object.keys(file.unparsable).length + Object.keys(file.signature_fails).length;
}

async function ids(list: string[]): Promise<number> {
  for (const text of list) {
    const raw = idRaw('p', text);
    check(idText('p', raw) === text, 'id round');
    check(await refuses(['Malformed'], () => idRaw('d', text)), 'id of another kind');
    check(await refuses(['Malformed'], () => idRaw('p', text.toUpperCase())), 'id in capitals');
    check(await refuses(['Malformed'], () => idRaw('p', `${text.slice(0, -1)}b`)), 'id with loose bits');
  }
  check(newId('m') !== newId('m'), 'new ids differ');
  return list.length;
}

Object.assign(globalThis, { vectors: { aead, jws: statements, roster, snapshot, envelope: envelopes, ids } });
