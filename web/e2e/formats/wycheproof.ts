/** The page of `wycheproof-webcrypto.test.mjs`: Wycheproof's cases by this browser's WebCrypto, with keys taken in as the client does. */
import { equal } from '../../src/wire/bytes';
import { keyOfJwk } from '../../src/wire/jws';
import { hex } from './hex';

interface Case {
  tcId: number;
  result: 'valid' | 'invalid';
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
  ikm: string;
  salt: string;
  info: string;
  size: number;
  okm: string;
  sig: string;
}
interface Group {
  publicKeyJwk?: { x: string };
  tests: Case[];
}
/** `right`: as the file says; `wrong`: not; `none`: this browser does not offer it (its error's name). */
type Outcome = 'right' | 'wrong' | `none ${string}`;

async function aesGcm(_: Group, one: Case): Promise<Outcome> {
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey('raw', hex(one.key), 'AES-GCM', false, ['encrypt', 'decrypt']);
  } catch (error) {
    return `none ${(error as Error).name} key ${String(one.key.length * 4)}`;
  }
  const how = { name: 'AES-GCM', iv: hex(one.iv), additionalData: hex(one.aad) };
  const sealed = hex(one.ct + one.tag);
  try {
    const opened = new Uint8Array(await crypto.subtle.decrypt(how, key, sealed));
    if (one.result === 'invalid' || !equal(opened, hex(one.msg))) return 'wrong';
    return equal(new Uint8Array(await crypto.subtle.encrypt(how, key, hex(one.msg))), sealed) ? 'right' : 'wrong';
  } catch (error) {
    if ((error as Error).name !== 'OperationError') throw error;
    return one.result === 'invalid' ? 'right' : 'wrong';
  }
}

function hkdf(hash: string) {
  return async (_: Group, one: Case): Promise<Outcome> => {
    const key = await crypto.subtle.importKey('raw', hex(one.ikm), 'HKDF', false, ['deriveBits']);
    try {
      const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash, salt: hex(one.salt), info: hex(one.info) }, key, one.size * 8);
      return one.result === 'valid' && equal(new Uint8Array(bits), hex(one.okm)) ? 'right' : 'wrong';
    } catch (error) {
      if ((error as Error).name !== 'OperationError') throw error;
      return one.result === 'invalid' ? 'right' : 'wrong';
    }
  };
}

async function ed25519(group: Group, one: Case): Promise<Outcome> {
  const key = await keyOfJwk({ kty: 'OKP', crv: 'Ed25519', x: group.publicKeyJwk?.x ?? '' });
  const holds = await crypto.subtle.verify('Ed25519', key, hex(one.sig), hex(one.msg));
  return holds === (one.result === 'valid') ? 'right' : 'wrong';
}

const RUN: Record<string, (group: Group, one: Case) => Promise<Outcome>> = {
  aes_gcm: aesGcm,
  hkdf_sha256: hkdf('SHA-256'),
  hkdf_sha512: hkdf('SHA-512'),
  ed25519,
};

Object.assign(globalThis, {
  formats: async (name: string, file: { testGroups: Group[] }): Promise<Record<string, number[]>> => {
    const run = RUN[name];
    if (run === undefined) throw new Error(name);
    const found: Record<string, number[]> = {};
    for (const group of file.testGroups) {
      for (const one of group.tests) (found[await run(group, one)] ??= []).push(one.tcId);
    }
    return found;
  },
});
