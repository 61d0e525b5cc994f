/**
 * The vault: the device's key, epoch keys, verified rosters and certificates. It runs in a worker (`keys.worker.ts`).
 *
 * The page hands it bytes and gets bytes or verified facts. No method gives out a key. What does not verify is refused
 * with one of few codes (`VaultCode`), never with a text.
 */
import * as aead from '../wire/aead';
import { b64, concat, Malformed, random, sha256, textOf, unb64, utf8, type Bytes } from '../wire/bytes';
import { BadRoster, wasMember, type RoomState } from '../wire/chain';
import { fits, pad, unpad, type Said } from '../wire/content';
import * as envelope from '../wire/envelope';
import { idRaw, newId, type Dev, type MsgId, type Pid, type RoomId, type TenantId } from '../wire/ids';
import * as jws from '../wire/jws';
import { TYP, type Content, type EpochKey, type Head, type Hint, type HomeKey, type Jwk, type Role } from '../wire/types';
import * as valid from '../wire/validators';
import { forgetBases, forgetStarts, keptStarts, openAway, wipeAway, type Away, type BaseLease } from './away';
import { Chains } from './chains';
import { Safe, wipeSafe, type Lease, type OwnDevice } from './safe';

const LEASE_MS = 24 * 3600 * 1000;
/** How far a message may lie outside its certificate's time, in s. */
const CERT_SLACK = 300;

export type VaultCode = 'not_open' | 'bad_roster' | 'bad_statement' | 'no_key' | 'too_long' | 'bad_envelope';

/** The one error of the vault. */
export class VaultError extends Error {
  constructor(readonly code: VaultCode) {
    super(code);
    this.name = 'VaultError';
  }
}

interface Certified {
  readonly pid: Pid;
  readonly key: CryptoKey;
  readonly iat: number;
  readonly exp: number;
}

/** What became of one envelope. `need_*`: ask home, then try again. */
export interface Opened {
  readonly head: envelope.EnvelopeHead | null;
  readonly state: 'opened' | 'need_roster' | 'need_past' | 'need_cert' | 'need_key' | 'cannot_open' | 'newer_version';
  /** What an opened one says. */
  readonly said: Content | null;
}

/** What is to become an envelope. */
export interface ToSeal {
  readonly room: RoomId;
  readonly msgId: MsgId;
  readonly seq: number;
  /** s since 1970, relay's clock */
  readonly sentAt: number;
  readonly kind: number;
  readonly thread: MsgId | null;
  readonly ref: MsgId | null;
  readonly said: Said;
}

export class Vault {
  private safe: Safe | null = null;
  /** `null`: nothing may be kept here. */
  private away: Away | null = null;
  private own: OwnDevice | null = null;
  private pid: Pid | null = null;
  private readonly home = new Map<string, CryptoKey>();
  private readonly certified = new Map<Dev, Certified[]>();
  private readonly leases = new Map<string, Lease>();
  private readonly states = new Map<RoomId, RoomState>();
  private readonly chains = new Chains(this.states, {
    tenant: () => this.opened().own.tenant,
    keyOf: (kid) => this.home.get(kid),
    keep: async (state) => {
      const { own, safe } = this.opened();
      if (!own.shared) await safe.put('chains', state, state.room);
    },
  });

  /** Opens or makes this profile's device of `pid`. `shared` is remembered: `null` takes what was chosen at sign-in. */
  async open(pid: Pid, tenant: TenantId, shared: boolean | null): Promise<{ dev: Dev; jwk: Jwk; shared: boolean; states: RoomState[] }> {
    const safe = new Safe(pid);
    let own = await safe.own();
    if (own?.tenant !== tenant || (shared !== null && own.shared !== shared)) {
      // Where nothing is kept, or what was chosen is not known any more: as little as on a shared computer.
      own = await newDevice(tenant, (shared ?? true) || !safe.keeps);
      await safe.putOwn(own);
    }
    this.pid = pid;
    this.own = own;
    this.safe = safe;
    if (!own.shared) {
      this.away = await openAway(pid, own.dev).catch(() => null);
      await this.load(safe);
    }
    return { dev: own.dev, jwk: { kty: 'OKP', crv: 'Ed25519', x: own.x }, shared: own.shared, states: [...this.states.values()] };
  }

  private async load(safe: Safe): Promise<void> {
    for (const state of await safe.chains()) {
      if ('led' in state) this.states.set(state.room, state); // others were kept by a version that knew less
    }
    for (const [key, lease] of await safe.leases(Date.now())) this.leases.set(leaseName(...key), lease);
  }

  /** A fresh device for the next `start`: home refused this one's id or key. */
  async renewDevice(): Promise<{ dev: Dev; jwk: Jwk }> {
    const { own, safe } = this.opened();
    this.own = await newDevice(own.tenant, own.shared);
    await safe.putOwn(this.own);
    if (this.away !== null && this.pid !== null) this.away = await openAway(this.pid, this.own.dev).catch(() => null);
    return { dev: this.own.dev, jwk: { kty: 'OKP', crv: 'Ed25519', x: this.own.x } };
  }

  /** Takes home's signing keys, which came over our own origin's TLS. */
  async trust(keys: readonly HomeKey[]): Promise<void> {
    for (const { kid, jwk } of keys) this.home.set(kid, await jws.keyOfJwk(jwk));
  }

  /** The `samrum-proof` of one request to home; `now` in s since 1970. */
  async prove(htm: string, path: string, body: Bytes, now: number): Promise<string> {
    const { own } = this.opened();
    const payload = { htm, path, bh: b64(await sha256(body)), iat: now, jti: b64(random(16)) };
    return jws.sign(TYP.Proof, own.dev, payload, own.signing);
  }

  /** The signature of the stream's hello (`samrum.wire.stream.hello_bytes`). */
  async hello(grant: string, nonce: Bytes, origin: string): Promise<Bytes> {
    const { own } = this.opened();
    if (nonce.length !== 32) throw new VaultError('bad_statement');
    const said = concat(
      utf8('samrum/hello/1\0'), idRaw('t', own.tenant), idRaw('d', own.dev), await sha256(utf8(grant)), nonce, utf8(origin),
    );
    return new Uint8Array(await crypto.subtle.sign('Ed25519', own.signing, said));
  }

  /** Seals for this device alone. */
  async lock(plain: Bytes): Promise<Bytes> {
    const iv = random(12);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, this.opened().own.local, plain);
    return concat(iv, new Uint8Array(sealed));
  }

  /** Opens what `lock` sealed; `null`: not by this device. */
  async unlock(sealed: Bytes): Promise<Bytes | null> {
    try {
      const how = { name: 'AES-GCM', iv: sealed.subarray(0, 12) };
      return new Uint8Array(await crypto.subtle.decrypt(how, this.opened().own.local, sealed.subarray(12)));
    } catch {
      return null;
    }
  }

  /** The hint, if home signed it for this tenant. */
  async hint(statement: string): Promise<Hint> {
    const hint = await this.verified(statement, 'Hint');
    if (hint.tenant !== this.opened().own.tenant) throw new VaultError('bad_statement');
    return hint;
  }

  /** The ledger's head, if home signed it for this tenant. */
  async head(statement: string): Promise<Head> {
    const head = await this.verified(statement, 'Head');
    if (head.tenant !== this.opened().own.tenant) throw new VaultError('bad_statement');
    return head;
  }

  /** The room that a roster claims to be of, with nothing verified but the payload's form; `null`: it is no roster at all. */
  claimedRoom(statement: string): RoomId | null {
    try {
      const payload: unknown = JSON.parse(textOf(unb64(statement.split('.')[1] ?? '')));
      return valid.Roster(payload) ? payload.room : null;
    } catch {
      return null;
    }
  }

  /**
   * Verifies statements (oldest first) and applies those that are new. Throws `bad_roster` for one that home did not sign or
   * that does not follow; a hole (`version` beyond the next) ends the list quietly: the caller sees it at the version. `snapshot`:
   * where to begin if nothing is known of the room.
   */
  learn(room: RoomId, statements: readonly string[], snapshot: string | null = null): Promise<RoomState> {
    return chained(this.chains.learn(room, statements, snapshot));
  }

  /** Takes the member list of a room that began from a snapshot. Throws `bad_roster` unless it is the one that home signed. */
  list(room: RoomId, members: readonly [Pid, Role, number | null][]): Promise<RoomState> {
    return chained(this.chains.list(room, members));
  }

  /** Takes home's word on what lies before a room's snapshot. Throws `bad_roster` for what home did not sign, or cannot be. */
  past(room: RoomId, statement: string): Promise<RoomState> {
    return chained(this.chains.past(room, statement));
  }

  /** Takes certificates by device; those that home did not sign are left out. */
  async certificates(lists: Partial<Record<Dev, string[]>>): Promise<void> {
    for (const [dev, statements] of Object.entries(lists) as [Dev, string[]][]) {
      this.certified.set(dev, await this.certifiedBy(dev, statements));
      await this.away?.put('certs', statements, dev).catch(() => undefined);
    }
  }

  private async certifiedBy(dev: Dev, statements: readonly string[]): Promise<Certified[]> {
    const found: Certified[] = [];
    for (const statement of statements) {
      try {
        const cert = await jws.verify(statement, 'Cert', (kid) => this.home.get(kid));
        if (cert.dev !== dev || cert.iss !== this.opened().own.tenant) continue;
        found.push({ pid: cert.sub, key: await jws.keyOfJwk(cert.cnf.jwk), iat: cert.iat, exp: cert.exp });
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
      }
    }
    return found;
  }

  /** A device's certificates: those taken, else those kept from earlier. */
  private async certsOf(dev: Dev): Promise<readonly Certified[]> {
    const known = this.certified.get(dev);
    if (known !== undefined) return known;
    const kept = await this.away?.get('certs', dev).catch(() => undefined);
    const found = kept === undefined ? [] : await this.certifiedBy(dev, kept);
    if (found.length > 0) this.certified.set(dev, found);
    return found;
  }

  // ---- what lets this device do without home for a while

  /** Those of the devices whose certificates are not here. */
  async uncertified(devs: readonly Dev[]): Promise<Dev[]> {
    const lists = await Promise.all(devs.map((dev) => this.certsOf(dev)));
    return devs.filter((_, at) => lists[at]?.length === 0);
  }

  /** Those of the keys, as `[room, epoch]`, that are not here until `until` (ms since 1970). */
  lacking(wanted: readonly (readonly [RoomId, number])[], until: number): (readonly [RoomId, number])[] {
    return wanted.filter(([room, epoch]) => (this.leased(room, epoch)?.until ?? 0) < until);
  }

  /** Keeps media secrets for the next start, as long as they may be held. */
  async keepBases(list: readonly BaseLease[]): Promise<void> {
    if (this.away === null) return;
    const change = this.away.transaction('bases', 'readwrite');
    for (const one of list) void change.store.put(one, [one.room, one.epoch, one.day]);
    await change.done;
  }

  /** Media secrets kept from earlier, without those that are over. */
  async bases(): Promise<BaseLease[]> {
    if (this.away === null) return [];
    await forgetBases(this.away, Date.now());
    return this.away.getAll('bases');
  }

  /** Keeps a start of which `at` (ms since 1970) was the time; the text is sealed under the device's own key. */
  async keepStart(at: number, text: string): Promise<void> {
    const { own } = this.opened();
    await this.away?.put('start', { tenant: own.tenant, at, sealed: await this.lock(utf8(text)) }, 'start');
  }

  /** The start that was kept; `null` if there is none that this device can open. */
  async keptStart(): Promise<{ at: number; text: string } | null> {
    const kept = await this.away?.get('start', 'start');
    const plain = kept && (await this.unlock(kept.sealed));
    return kept && plain ? { at: kept.at, text: textOf(plain) } : null;
  }

  /** Who may start here without home, the one who was here last first. Needs no `open`. */
  starts(): ReturnType<typeof keptStarts> {
    return keptStarts();
  }

  /** Nobody starts here without home any more. Needs no `open`. */
  forgetStarts(): Promise<void> {
    return forgetStarts();
  }

  /** Leases epoch keys whose commitment is the roster's; returns those taken, as `[room, epoch]`. */
  async lease(keys: readonly EpochKey[]): Promise<[RoomId, number][]> {
    const { own, safe } = this.opened();
    const taken: [RoomId, number][] = [];
    for (const { room, epoch, key_id: keyId, key } of keys) {
      const promised = this.states.get(room)?.keys[epoch];
      const raw = unb64(key);
      try {
        const committed = b64(await sha256(concat(utf8('samrum/kc/1'), raw)));
        if (promised?.keyId !== keyId || promised.kc !== committed) continue;
        const lease = { key: await aead.importKey(raw), keyId, until: Date.now() + LEASE_MS };
        this.leases.set(leaseName(room, epoch), lease);
        if (!own.shared) await safe.put('leases', lease, [room, epoch]);
        taken.push([room, epoch]);
      } finally {
        raw.fill(0);
      }
    }
    return taken;
  }

  /** Whether the key of `epoch` is here. */
  async holds(room: RoomId, epoch: number): Promise<boolean> {
    return (this.leased(room, epoch) ?? (await this.kept(room, epoch))) !== null;
  }

  /** Seals a message under the room's current epoch. Throws `no_key` or `too_long`. */
  async seal(draft: ToSeal): Promise<Bytes> {
    const { own, pid } = this.opened();
    const state = this.states.get(draft.room);
    const key = state && this.leased(draft.room, state.epoch);
    if (!state || !key) throw new VaultError('no_key');
    const plain = pad(draft.said);
    if (plain === null) throw new VaultError('too_long');
    const aad = envelope.aadOf({
      tenant: own.tenant, room: draft.room, keyId: key.keyId, epoch: state.epoch, pid, dev: own.dev, seq: draft.seq,
      msgId: draft.msgId, kind: draft.kind, flags: 0, thread: draft.thread, ref: draft.ref, sentAt: draft.sentAt,
    });
    const [header, sealed] = await aead.seal(key.key, aad, plain);
    const body = envelope.bodyOf(aad, header, sealed);
    const signature = await crypto.subtle.sign('Ed25519', own.signing, await envelope.signedBytes(body));
    return concat(body, new Uint8Array(signature));
  }

  /** The sequence number and message of this device's last envelope as relay tells it; throws unless our own signature holds. */
  async ownLast(room: RoomId, data: Bytes): Promise<{ seq: number; msgId: MsgId }> {
    const { own, pid } = this.opened();
    try {
      const found = envelope.parse(data);
      const key = await jws.keyOfJwk({ kty: 'OKP', crv: 'Ed25519', x: own.x });
      if (found.room === room && found.dev === own.dev && found.pid === pid && (await holds(data, found, key))) {
        return { seq: found.seq, msgId: found.msgId };
      }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
    }
    throw new VaultError('bad_envelope');
  }

  /** Verifies and opens envelopes of one room, each for itself. */
  openEnvelopes(room: RoomId, list: readonly Bytes[]): Promise<Opened[]> {
    return Promise.all(list.map((data) => this.openOne(room, data)));
  }

  private async openOne(room: RoomId, data: Bytes): Promise<Opened> {
    let head: envelope.Envelope;
    try {
      head = envelope.parse(data);
    } catch {
      return closed(null, 'cannot_open');
    }
    const state = this.states.get(room);
    if (head.room !== room || head.tenant !== this.opened().own.tenant) return closed(null, 'cannot_open');
    if (state === undefined || head.epoch > state.epoch) return closed(head, 'need_roster');
    const promised = state.keys[head.epoch];
    const member = wasMember(state, head.pid, head.epoch);
    if (promised !== undefined && promised.keyId !== head.keyId) return closed(head, 'cannot_open');
    // Who came back in this very epoch is a member by a roster that this device may not have yet.
    if (member === 'no') return closed(head, 'need_roster');
    if (promised === undefined || member === 'ask') return closed(head, state.base > 0 ? 'need_past' : 'cannot_open');
    const certs = (await this.certsOf(head.dev)).filter((cert) => cert.pid === head.pid && inTime(cert, head.sentAt));
    if (certs.length === 0) return closed(head, 'need_cert');
    if (!(await anyHolds(data, head, certs))) return closed(head, 'cannot_open');
    if (head.kind > envelope.CALL) return closed(head, 'newer_version');
    const lease = this.leased(room, head.epoch) ?? (await this.kept(room, head.epoch));
    if (lease === null) return closed(head, 'need_key');
    return openContent(head, lease.key);
  }

  private leased(room: RoomId, epoch: number): Lease | null {
    const lease = this.leases.get(leaseName(room, epoch));
    return lease !== undefined && lease.until > Date.now() ? lease : null;
  }

  /** A lease that another tab got since this one began. */
  private async kept(room: RoomId, epoch: number): Promise<Lease | null> {
    const { own, safe } = this.opened();
    const lease = own.shared ? undefined : await safe.lease(room, epoch).catch(() => undefined);
    if (lease === undefined || lease.keyId !== this.states.get(room)?.keys[epoch]?.keyId) return null;
    this.leases.set(leaseName(room, epoch), lease);
    return this.leased(room, epoch);
  }

  private async verified<K extends jws.StatementKind>(statement: string, kind: K): ReturnType<typeof jws.verify<K>> {
    try {
      return await jws.verify(statement, kind, (kid) => this.home.get(kid));
    } catch {
      throw new VaultError('bad_statement');
    }
  }

  /** Forgets everything of this person here, the device's key too. */
  async wipe(): Promise<void> {
    const { pid, safe } = this.opened();
    safe.close();
    this.away?.close();
    this.own = null;
    this.safe = null;
    this.away = null;
    for (const kept of [this.home, this.certified, this.leases, this.states]) kept.clear();
    await Promise.all([wipeSafe(pid), wipeAway(pid)]);
  }

  private opened(): { own: OwnDevice; pid: Pid; safe: Safe } {
    const { own, pid, safe } = this;
    if (own === null || pid === null || safe === null) throw new VaultError('not_open');
    return { own, pid, safe };
  }
}

async function chained(work: Promise<RoomState>): Promise<RoomState> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Malformed || error instanceof BadRoster) throw new VaultError('bad_roster');
    throw error;
  }
}

async function newDevice(tenant: TenantId, shared: boolean): Promise<OwnDevice> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const x = b64(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  const local = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  return { dev: newId('d'), tenant, signing: pair.privateKey, x, local, shared };
}

function leaseName(room: RoomId, epoch: number): string {
  return `${room}/${String(epoch)}`;
}

function closed(head: envelope.EnvelopeHead | null, state: Opened['state']): Opened {
  return { head: head && headOnly(head), state, said: null };
}

/** Without the bytes: only facts go back to the page. */
function headOnly(head: envelope.EnvelopeHead): envelope.EnvelopeHead {
  const { tenant, room, keyId, epoch, pid, dev, seq, msgId, kind, flags, thread, ref, sentAt } = head;
  return { tenant, room, keyId, epoch, pid, dev, seq, msgId, kind, flags, thread, ref, sentAt };
}

function inTime(cert: Certified, sentAt: number): boolean {
  return sentAt >= cert.iat - CERT_SLACK && sentAt <= cert.exp + CERT_SLACK;
}

async function holds(data: Bytes, head: envelope.Envelope, key: CryptoKey): Promise<boolean> {
  return crypto.subtle.verify('Ed25519', key, head.signature, await envelope.signedBytes(envelope.bodyIn(data)));
}

async function anyHolds(data: Bytes, head: envelope.Envelope, certs: readonly Certified[]): Promise<boolean> {
  for (const cert of certs) if (await holds(data, head, cert.key)) return true;
  return false;
}

async function openContent(head: envelope.Envelope, key: CryptoKey): Promise<Opened> {
  let content: Content | 'newer';
  try {
    content = unpad(await aead.open(key, head.aad, head.header, head.sealed));
  } catch {
    return closed(head, 'cannot_open');
  }
  if (content === 'newer') return closed(head, 'newer_version');
  if (!fits(head.kind, content) || refers(head, content) !== (head.ref !== null)) return closed(head, 'cannot_open');
  return { head: headOnly(head), state: 'opened', said: content };
}

/** Whether an envelope that says this is about another one. */
function refers({ kind }: envelope.EnvelopeHead, { c }: Content): boolean {
  return kind === envelope.CALL ? c !== 'ring' : kind !== envelope.MESSAGE;
}
