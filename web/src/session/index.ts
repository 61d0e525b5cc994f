/**
 * The session of a signed-in person, without any React: connections, keys, storage, and the state that screens read.
 *
 * `session.ts` composes the parts: `rooms` (home's word against relay's), `timeline` (one room's messages: `window`, `about` and `fold`, decision
 * 16; `thread`, `seen`), `live` (what comes in any room), `outbox`, `queue` and `sender` (what is on its way), `opener`
 * (what is needed to read), `people` (names), `relay` (the connection, and through which tab: `link`, `lead`, `tabs/`, decision 10; `arrivals`), `meeting` (what a call needs). Keys and verification are in the vault (`../keys`), the network in `../doors`.
 */
import { HomeDoor } from '../doors/home';
import { codeOf, Refusal } from '../doors/refusal';
import { startKeys, type Keys } from '../keys/client';
import type { Started } from '../wire/types';
import type { Pid, TenantId } from '../wire/ids';
import type { Doorway, Session } from './api';
import { keptPerson, keptStart } from './kept';
import { LiveSession } from './session';
import { openStorage, wipeProfile } from './storage';

const PERSIST_MS = 500;
/** How long home may take to answer, where this device could begin without it. */
const PATIENCE_MS = 3_000;

export const doorway: Doorway = {
  async resume() {
    const keys = startKeys();
    const home = doorOf(keys);
    try {
      const { pid, tenant } = await patient(keys, home.session());
      return await begin(home, keys, pid, tenant, null);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'signed_out') await keys.forgetStarts().catch(() => undefined);
      keys.end();
      if (code === 'device_revoked') await wipeProfile();
      if (code === 'signed_out') return null;
      const session = code === 'home_away' ? await beginAway().catch(() => null) : null;
      if (session !== null) return session;
      throw error;
    }
  },

  async signIn(user, password, { sharedComputer }) {
    const keys = startKeys();
    const home = doorOf(keys);
    try {
      const { pid, tenant } = await home.signIn({ user, password });
      return await begin(home, keys, pid, tenant, sharedComputer);
    } catch (error) {
      keys.end();
      throw error;
    }
  },
};

function doorOf(keys: Keys): HomeDoor {
  return new HomeDoor((htm, path, body, now) => keys.prove(htm, path, body, now));
}

/** `shared`: `null` after a reload, when the device's own record says what was chosen. */
async function begin(home: HomeDoor, keys: Keys, pid: Pid, tenant: TenantId, shared: boolean | null): Promise<Session> {
  let own: { dev: LiveSession['dev']; jwk: Started['keys'][number]['jwk'] };
  const opened = await keys.open(pid, tenant, shared);
  own = opened;
  const [storage, persistent] = await Promise.all([openStorage(pid, opened.shared), opened.shared ? false : storageKept()]);
  const start = (): Promise<Started> => home.start({ dev: own.dev, jwk: own.jwk, label: deviceLabel(), persistent });
  let started: Started;
  try {
    started = await (shared === null ? patient(keys, start()) : start());
  } catch (error) {
    const code = codeOf(error);
    // A new sign-in on a device that home refuses makes a new device; nothing of the old one can be read again.
    if (shared === null || (code !== 'device_of_other' && code !== 'device_revoked')) throw error;
    own = await keys.renewDevice();
    started = await start();
  }
  if (started.me.pid !== pid || started.tenant !== tenant) throw new Refusal('bad_reply');
  const session = new LiveSession({ home, keys, storage, dev: own.dev, started, start, keptAt: null });
  await session.begin(opened.states);
  return session;
}

/** Begins from what this device kept while home was there; `null` if that is nothing, or too old. */
async function beginAway(): Promise<Session | null> {
  const keys = startKeys();
  try {
    const person = await keptPerson(keys);
    if (person !== null) {
      const home = doorOf(keys);
      const { dev, jwk, shared, states } = await keys.open(person.pid, person.tenant, null);
      const kept = shared ? null : await keptStart(keys);
      if (kept !== null && kept.started.me.pid === person.pid) {
        const [storage, persistent] = await Promise.all([openStorage(person.pid, false), storageKept()]);
        const start = (): Promise<Started> => home.start({ dev, jwk, label: deviceLabel(), persistent });
        const session = new LiveSession({ home, keys, storage, dev, started: kept.started, start, keptAt: kept.at });
        await session.begin(states);
        return session;
      }
    }
  } catch (error) {
    keys.end();
    throw error;
  }
  keys.end();
  return null;
}

/** Takes no answer for home being away after a while, if this device can begin without. */
async function patient<T>(keys: Keys, answer: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => {
      void keptPerson(keys).then((person) => {
        if (person !== null) reject(new Refusal('home_away'));
      });
    }, PATIENCE_MS);
  });
  return Promise.race([answer, late]);
}

/** Whether the browser keeps what we store. Some browsers ask the person first: that answer counts from the next start on. */
function storageKept(): Promise<boolean> {
  const asked = navigator.storage.persist().catch(() => false);
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), PERSIST_MS));
  return Promise.race([asked, late]);
}

/** Browser and system in words, for the person's own list: "Edge, Windows". */
function deviceLabel(): string {
  const agent = navigator.userAgent;
  const first = (names: readonly [RegExp, string][]): string => names.find(([sign]) => sign.test(agent))?.[1] ?? '?';
  const browser = first([[/Edg\//, 'Edge'], [/Firefox\//, 'Firefox'], [/Chrome\//, 'Chromium'], [/Safari\//, 'Safari']]);
  const system = first([[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS/, 'macOS'], [/Linux/, 'Linux']]);
  return `${browser}, ${system}`;
}
