/**
 * Signed statements: compact JWS (RFC 7515) with Ed25519 (RFC 9864), an explicit `typ` and the signer's `kid`.
 *
 * The bytes travel verbatim, so nothing is canonicalised. `typ` is checked before anything else.
 */
import { b64, Malformed, sha256, textOf, unb64, utf8, type Bytes } from './bytes';
import type * as T from './types';
import { TYP, type Jwk } from './types';
import * as valid from './validators';

const MAX_BYTES = 1 << 20;

/** The payload of each kind of statement. */
interface Statements {
  Call: T.Call;
  Cert: T.Cert;
  Grant: T.Grant;
  Head: T.Head;
  Hint: T.Hint;
  Past: T.Past;
  Proof: T.Proof;
  Revoke: T.Revoke;
  Roster: T.Roster;
  Snapshot: T.Snapshot;
}
export type StatementKind = keyof Statements;

/** Named one by one: `valid[kind]` would load the validators of every message that there is into the keys' worker. */
const PAYLOADS: { readonly [K in StatementKind]: (payload: unknown) => payload is Statements[K] } = {
  Call: valid.Call,
  Cert: valid.Cert,
  Grant: valid.Grant,
  Head: valid.Head,
  Hint: valid.Hint,
  Past: valid.Past,
  Proof: valid.Proof,
  Revoke: valid.Revoke,
  Roster: valid.Roster,
  Snapshot: valid.Snapshot,
};

interface Parts {
  readonly kid: string;
  readonly payload: unknown;
  readonly signed: Bytes;
  readonly signature: Bytes;
}

function json(part: string): unknown {
  try {
    return JSON.parse(textOf(unb64(part)));
  } catch {
    throw new Malformed();
  }
}

function split(jws: string, typ: string): Parts {
  if (jws.length > MAX_BYTES) throw new Malformed();
  const [head, body, signature, more] = jws.split('.');
  if (head === undefined || body === undefined || signature === undefined || more !== undefined) throw new Malformed();
  const header = json(head);
  if (typeof header !== 'object' || header === null || Object.keys(header).length !== 3) throw new Malformed();
  const { alg, typ: found, kid } = header as Record<string, unknown>;
  if (found !== typ || alg !== 'Ed25519' || typeof kid !== 'string') throw new Malformed();
  return { kid, payload: json(body), signed: utf8(`${head}.${body}`), signature: unb64(signature) };
}

/** The payload **without** checking the signature: to find what checks it. Throws {@link Malformed}. */
export function peek<K extends StatementKind>(jws: string, kind: K): Statements[K] {
  const { payload } = split(jws, TYP[kind]);
  const is: (payload: unknown) => payload is Statements[K] = PAYLOADS[kind];
  if (!is(payload)) throw new Malformed();
  return payload;
}

/** The payload of a statement signed by the key that `keyOf(kid)` names; throws {@link Malformed} for anything else. */
export async function verify<K extends StatementKind>(
  jws: string,
  kind: K,
  keyOf: (kid: string) => CryptoKey | undefined,
): Promise<Statements[K]> {
  const { kid, payload, signed, signature } = split(jws, TYP[kind]);
  const key = keyOf(kid);
  if (key === undefined || signature.length !== 64) throw new Malformed();
  if (!(await crypto.subtle.verify('Ed25519', key, signature, signed))) throw new Malformed();
  const is: (payload: unknown) => payload is Statements[K] = PAYLOADS[kind];
  if (!is(payload)) throw new Malformed();
  return payload;
}

/** The compact JWS of `payload`. */
export async function sign(typ: string, kid: string, payload: object, key: CryptoKey): Promise<string> {
  const signed = [{ alg: 'Ed25519', typ, kid }, payload].map((part) => b64(utf8(JSON.stringify(part)))).join('.');
  const signature = await crypto.subtle.sign('Ed25519', key, utf8(signed));
  return `${signed}.${b64(new Uint8Array(signature))}`;
}

/** SHA-256 of the statement's bytes, base64url: what the next statement of a chain calls `prev`. */
export async function digest(jws: string): Promise<string> {
  return b64(await sha256(utf8(jws)));
}

const P = 2n ** 255n - 19n;
const EIGHTH = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** y of the eight points whose order divides 8: under such a key a signature says nothing of its message (decision 4). */
const SMALL = new Set([0n, 1n, P - 1n, EIGHTH, P - EIGHTH]);

/** The key of a public JWK; throws {@link Malformed} for another kind of key, another spelling, or a point of small order. */
export async function keyOfJwk(jwk: Jwk): Promise<CryptoKey> {
  const raw = unb64(jwk.x);
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || raw.length !== 32) throw new Malformed();
  const y = BigInt(`0x${[...raw].reverse().map((byte) => byte.toString(16).padStart(2, '0')).join('')}`) & (2n ** 255n - 1n);
  if (y >= P || SMALL.has(y)) throw new Malformed();
  return crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
}
