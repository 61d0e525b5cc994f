/** The page of `vault.test.mjs`: the vault against a home that this page plays, honest and not. */
import { Vault, VaultError, type Opened } from '../../src/keys/vault';
import { importKey, seal as aeadSeal } from '../../src/wire/aead';
import { b64, concat, random, sha256, utf8, type Bytes } from '../../src/wire/bytes';
import { FIRST } from '../../src/wire/chain';
import { pad } from '../../src/wire/content';
import * as envelope from '../../src/wire/envelope';
import { newId, type Dev, type KeyId, type Pid, type RoomId } from '../../src/wire/ids';
import * as jws from '../../src/wire/jws';
import type { Jwk } from '../../src/wire/types';

const tenant = newId('t');
const now = (): number => Math.floor(Date.now() / 1000);

interface Pair {
  readonly key: CryptoKey;
  readonly jwk: Jwk;
}

async function newPair(): Promise<Pair> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  return { key: pair.privateKey, jwk: { kty: 'OKP', crv: 'Ed25519', x: b64(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))) } };
}

interface EpochKey {
  readonly n: number;
  readonly keyId: KeyId;
  readonly raw: Bytes;
  readonly kc: string;
}

async function newEpoch(n: number): Promise<EpochKey> {
  const raw = random(32);
  return { n, keyId: newId('k'), raw, kc: b64(await sha256(concat(utf8('samrum/kc/1'), raw))) };
}

/** A home for one room. */
class Home {
  readonly kid = newId('k');
  readonly room = newId('r');
  chain: string[] = [];
  private prev = FIRST;

  private constructor(
    readonly pair: Pair,
    readonly epochs: EpochKey[],
  ) {}

  static async found(): Promise<Home> {
    return new Home(await newPair(), [await newEpoch(1), await newEpoch(2)]);
  }

  sign(typ: string, payload: object, by = this.pair): Promise<string> {
    return jws.sign(typ, this.kid, payload, by.key);
  }

  cert(pid: Pid, dev: Dev, jwk: Jwk, iat = now() - 60, exp = now() + 3600): Promise<string> {
    return this.sign('samrum-cert', { iss: tenant, sub: pid, dev, cnf: { jwk }, iat, exp, persistent: true });
  }

  /** The next roster; kept as the chain's newest. */
  async roster(change: object, epoch: number, by = this.pair): Promise<string> {
    const { n, keyId, kc } = this.epoch(epoch);
    const base = { tenant, room: this.room, version: this.chain.length + 1, prev: this.prev, epoch: { n, key_id: keyId, kc }, policy: { kind: 'group' }, at: now() };
    const statement = await this.sign('samrum-roster', { ...base, ...change }, by);
    this.prev = await jws.digest(statement);
    this.chain.push(statement);
    return statement;
  }

  epoch(n: number): EpochKey {
    const found = this.epochs[n - 1];
    if (found === undefined) throw new Error('no such epoch');
    return found;
  }

  key(n: number): { room: RoomId; epoch: number; key_id: KeyId; key: string } {
    const { keyId, raw } = this.epoch(n);
    return { room: this.room, epoch: n, key_id: keyId, key: b64(raw) };
  }
}

interface Device {
  readonly vault: Vault;
  readonly pid: Pid;
  readonly dev: Dev;
  readonly jwk: Jwk;
}

async function device(home: Home): Promise<Device> {
  const vault = new Vault();
  const pid = newId('p');
  const { dev, jwk } = await vault.open(pid, tenant, false);
  await vault.trust([{ kid: home.kid, jwk: home.pair.jwk, iat: now() }]);
  return { vault, pid, dev, jwk };
}

function draft(home: Home, seq = 1, sentAt = now()): Parameters<Vault['seal']>[0] {
  return { room: home.room, msgId: newId('m'), seq, sentAt, kind: 1, thread: null, ref: null, said: { t: 'hej' } };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    throw error;
  }
  return 'none';
}

/** Two devices that know each other in a room of epoch 1. */
async function meeting(): Promise<{ home: Home; anna: Device; bo: Device }> {
  const home = await Home.found();
  const [anna, bo] = [await device(home), await device(home)];
  await home.roster({ add: [{ pid: anna.pid, role: 'owner' }, { pid: bo.pid, role: 'member' }] }, 1);
  const certs = { [anna.dev]: [await home.cert(anna.pid, anna.dev, anna.jwk)], [bo.dev]: [await home.cert(bo.pid, bo.dev, bo.jwk)] };
  for (const { vault } of [anna, bo]) {
    await vault.learn(home.room, home.chain);
    await vault.certificates(certs);
    await vault.lease([home.key(1)]);
  }
  return { home, anna, bo };
}

async function opened(to: Device, home: Home, ...list: Bytes[]): Promise<Opened['state'][]> {
  return (await to.vault.openEnvelopes(home.room, list)).map(({ state }) => state);
}

/** An envelope made by hand, for what an honest vault does not do. */
async function handmade(home: Home, from: Pair, head: Partial<envelope.EnvelopeHead> & { pid: Pid; dev: Dev }): Promise<Bytes> {
  const epoch = home.epoch(head.epoch ?? 1);
  const aad = envelope.aadOf({
    tenant, room: home.room, keyId: epoch.keyId, epoch: epoch.n, seq: 1, msgId: newId('m'), kind: 1, flags: 0, thread: null, ref: null, sentAt: now(), ...head,
  });
  const plain = pad({ v: 1, t: 'förfalskat', m: [] });
  if (plain === null) throw new Error('too long');
  const [header, sealed] = await aeadSeal(await importKey(epoch.raw.slice()), aad, plain);
  const body = envelope.bodyOf(aad, header, sealed);
  return concat(body, new Uint8Array(await crypto.subtle.sign('Ed25519', from.key, await envelope.signedBytes(body))));
}

type Case = () => Promise<unknown>;

const cases: Record<string, [Case, unknown]> = {
  'a message opens': [async () => {
    const { home, anna, bo } = await meeting();
    const env = await anna.vault.seal(draft(home));
    const [found] = await bo.vault.openEnvelopes(home.room, [env]);
    return [found?.state, found?.said?.t, found?.head?.pid === anna.pid];
  }, ['opened', 'hej', true]],

  'every changed byte is refused': [async () => {
    const { home, anna, bo } = await meeting();
    const env = await anna.vault.seal(draft(home));
    const states = new Set<string>();
    for (let at = 0; at < env.length; at += 1) {
      const changed = env.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      for (const state of await opened(bo, home, changed)) states.add(state);
    }
    // A changed device has no certificate, a changed epoch is not in the chain yet: home is asked, and then it does not open.
    return [...states].sort();
  }, ['cannot_open', 'need_cert', 'need_roster']],

  'in another member\'s name': [async () => {
    const { home, anna, bo } = await meeting();
    const mallory = await newPair();
    return opened(bo, home,
      await handmade(home, mallory, { pid: anna.pid, dev: anna.dev }),
      await handmade(home, mallory, { pid: anna.pid, dev: newId('d') }),
      await handmade(home, mallory, { pid: bo.pid, dev: anna.dev }));
  }, ['cannot_open', 'need_cert', 'need_cert']],

  'by a certified person who is no member': [async () => {
    const { home, bo } = await meeting();
    const [stranger, pid, dev] = [await newPair(), newId('p'), newId('d')];
    await bo.vault.certificates({ [dev]: [await home.cert(pid, dev, stranger.jwk)] });
    // Home is asked whether they are one by now, and then it does not open.
    return opened(bo, home, await handmade(home, stranger, { pid, dev }));
  }, ['need_roster']],

  'with a certificate that home did not sign': [async () => {
    const { home, anna, bo } = await meeting();
    const [mallory, dev] = [await newPair(), newId('d')];
    const payload = { iss: tenant, sub: anna.pid, dev, cnf: { jwk: mallory.jwk }, iat: now(), exp: now() + 3600, persistent: true };
    await bo.vault.certificates({ [dev]: [await home.sign('samrum-cert', payload, mallory)] });
    return opened(bo, home, await handmade(home, mallory, { pid: anna.pid, dev }));
  }, ['need_cert']],

  'outside of the certificate\'s time': [async () => {
    const { home, bo } = await meeting();
    const [cia, pid, dev] = [await newPair(), newId('p'), newId('d')];
    await home.roster({ add: [{ pid, role: 'member' }] }, 1);
    await bo.vault.learn(home.room, home.chain);
    await bo.vault.certificates({ [dev]: [await home.cert(pid, dev, cia.jwk, now() - 2000, now() - 1000)] });
    const at = (sentAt: number): Promise<Bytes> => handmade(home, cia, { pid, dev, sentAt });
    return opened(bo, home, await at(now() - 1500), await at(now() - 800), await at(now() - 600), await at(now() - 2200), await at(now() - 2400));
  }, ['opened', 'opened', 'need_cert', 'opened', 'need_cert']],

  'by a removed member under the new epoch, and under the old': [async () => {
    const { home, anna, bo } = await meeting();
    const cia = await newPair();
    const [pid, dev] = [newId('p'), newId('d')];
    await home.roster({ add: [{ pid, role: 'member' }] }, 1);
    await home.roster({ remove: [pid] }, 2);
    await bo.vault.learn(home.room, home.chain);
    await bo.vault.lease([home.key(2)]);
    await bo.vault.certificates({ [dev]: [await home.cert(pid, dev, cia.jwk)] });
    await anna.vault.learn(home.room, home.chain);
    return [
      ...(await opened(bo, home, await handmade(home, cia, { pid, dev, epoch: 1 }), await handmade(home, cia, { pid, dev, epoch: 2 }))),
      await codeOf(anna.vault.seal(draft(home))),
    ];
  }, ['opened', 'need_roster', 'no_key']],

  'under a key id that the roster does not name, and by a certificate listed for another device': [async () => {
    const { home, bo } = await meeting();
    const [cia, pid, dev, other] = [await newPair(), newId('p'), newId('d'), newId('d')];
    await home.roster({ add: [{ pid, role: 'member' }] }, 1);
    await bo.vault.learn(home.room, home.chain);
    const cert = await home.cert(pid, dev, cia.jwk);
    await bo.vault.certificates({ [dev]: [cert], [other]: [cert] });
    return opened(bo, home, await handmade(home, cia, { pid, dev, keyId: newId('k') }), await handmade(home, cia, { pid, dev: other }));
  }, ['cannot_open', 'need_cert']],

  'an epoch not heard of': [async () => {
    const { home, anna, bo } = await meeting();
    await home.roster({}, 2);
    await anna.vault.learn(home.room, home.chain);
    await anna.vault.lease([home.key(2)]);
    const env = await anna.vault.seal(draft(home));
    const before = await opened(bo, home, env);
    await bo.vault.learn(home.room, home.chain);
    const learnt = await opened(bo, home, env);
    await bo.vault.lease([home.key(2)]);
    return [...before, ...learnt, ...(await opened(bo, home, env))];
  }, ['need_roster', 'need_key', 'opened']],

  'a key that is not the committed one': [async () => {
    const { home, bo } = await meeting();
    await home.roster({}, 2);
    await bo.vault.learn(home.room, home.chain);
    const wrong = { ...home.key(2), key: b64(random(32)) };
    const swapped = { ...home.key(1), epoch: 2, key_id: home.epoch(2).keyId };
    return [await bo.vault.lease([wrong, swapped]), await bo.vault.holds(home.room, 2)];
  }, [[], false]],

  'rosters that home did not sign, or that do not follow': [async () => {
    const { home, bo } = await meeting();
    const mallory = await newPair();
    const [first] = home.chain;
    const add = { add: [{ pid: newId('p'), role: 'member' }] };
    const forged = await home.roster(add, 1, mallory);
    const codes = [await codeOf(bo.vault.learn(home.room, [forged]))];
    home.chain.pop();
    const next = await home.sign('samrum-roster', { tenant, room: home.room, version: 2, prev: FIRST, epoch: { n: 1, key_id: home.epoch(1).keyId, kc: home.epoch(1).kc }, policy: { kind: 'group' }, at: now() });
    codes.push(await codeOf(bo.vault.learn(home.room, [next])));
    const fork = await home.sign('samrum-roster', { tenant, room: home.room, version: 1, prev: FIRST, epoch: { n: 1, key_id: home.epoch(1).keyId, kc: home.epoch(1).kc }, policy: { kind: 'group' }, at: now() });
    codes.push(await codeOf(bo.vault.learn(home.room, [fork])));
    const state = await bo.vault.learn(home.room, first === undefined ? [] : [first]);
    return [...codes, state.version, Object.keys(state.members).length];
  }, ['bad_roster', 'bad_roster', 'bad_roster', 1, 2]],

  'hints': [async () => {
    const { home, bo } = await meeting();
    const hint = { tenant, to: home.room, topic: 'room', iat: now(), version: 2 };
    const good = await bo.vault.hint(await home.sign('samrum-hint', hint));
    return [good.topic,
      await codeOf(bo.vault.hint(await home.sign('samrum-hint', hint, await newPair()))),
      await codeOf(bo.vault.hint(await home.sign('samrum-hint', { ...hint, tenant: newId('t') }))),
      await codeOf(bo.vault.hint(await home.sign('samrum-roster', hint)))];
  }, ['room', 'bad_statement', 'bad_statement', 'bad_statement']],

  'relay\'s last word on this device': [async () => {
    const { home, anna, bo } = await meeting();
    const [own, others] = [await anna.vault.seal(draft(home, 7)), await bo.vault.seal(draft(home, 9))];
    const changed = own.slice();
    changed[95] = 9;
    return [(await anna.vault.ownLast(home.room, own)).seq,
      await codeOf(anna.vault.ownLast(home.room, others)),
      await codeOf(anna.vault.ownLast(home.room, changed)),
      await codeOf(anna.vault.ownLast(newId('r'), own))];
  }, [7, 'bad_envelope', 'bad_envelope', 'bad_envelope']],

  'what is too long': [async () => {
    const { home, anna } = await meeting();
    const longest = await anna.vault.seal({ ...draft(home), said: { t: 'å'.repeat(30_000) } });
    return [longest.length < 64 * 1024, await codeOf(anna.vault.seal({ ...draft(home), said: { t: 'å'.repeat(31_000) } }))];
  }, [true, 'too_long']],

  'nothing can be read out of what is kept': [async () => {
    const { home, anna } = await meeting();
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const ask = indexedDB.open(`samrum.keys.${anna.pid}`);
      ask.onsuccess = () => { resolve(ask.result); };
      ask.onerror = () => { reject(new Error('cannot open')); };
    });
    const all = async (store: string): Promise<unknown[]> => new Promise((resolve) => {
      const ask = db.transaction(store).objectStore(store).getAll();
      ask.onsuccess = () => { resolve(ask.result as unknown[]); };
    });
    const kept = [...(await all('own')), ...(await all('leases'))] as Record<string, unknown>[];
    const keys = kept.flatMap((one) => Object.values(one)).filter((one) => one instanceof CryptoKey);
    db.close();
    // A second start finds the same device, chain and key.
    const again = new Vault();
    const { dev, states } = await again.open(anna.pid, tenant, null);
    return [keys.length, keys.some(({ extractable }) => extractable), dev === anna.dev, states.length, await again.holds(home.room, 1)];
  }, [3, false, true, 1, true]],

  'sealing for this device alone': [async () => {
    const { anna, bo } = await meeting();
    const sealed = await anna.vault.lock(utf8('utkast'));
    const [mine, others] = [await anna.vault.unlock(sealed), await bo.vault.unlock(sealed)];
    return [mine !== null && new TextDecoder().decode(mine), others];
  }, ['utkast', null]],
};

Object.assign(globalThis, {
  vault: {
    names: Object.keys(cases),
    run: async (name: string): Promise<unknown> => {
      const [work, wanted] = cases[name] ?? [];
      return { found: await work?.(), wanted };
    },
  },
});
