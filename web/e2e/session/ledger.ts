/** The page of `ledger.test.mjs`: the comparison of the ledger, against a home and a relay that this page plays, honest and not. */
import { Refusal } from '../../src/doors/refusal';
import { Vault } from '../../src/keys/vault';
import { MyDevices } from '../../src/session/devices';
import { LedgerWatch, type Seen } from '../../src/session/ledger';
import { b64 } from '../../src/wire/bytes';
import { FIRST } from '../../src/wire/chain';
import { newId, type Dev } from '../../src/wire/ids';
import * as jws from '../../src/wire/jws';
import { entryHash, headAfter } from '../../src/wire/ledger';
import type { Device, Devices, Ledger } from '../../src/wire/types';

const MINUTE = 60_000;
const tenant = newId('t');
const me = newId('p');
const here = newId('d');

/** Home and relay, each of which shows what it likes; and one client's watch. */
class Stage {
  lines: string[] = [];
  /** What home and relay show; `null` refuses to answer. */
  home: () => Promise<Ledger | null> = () => Promise.resolve(null);
  relay: () => Promise<string | null> = () => Promise.resolve(null);
  clock = 0;
  kept: Seen | null = null;
  online = true;
  /** Home's list of this person's devices, and how often it was asked for; `null` refuses. */
  list: Devices | null = { devices: [], former: [] };
  asked = 0;
  mine = this.devices();
  watch = this.client();

  private constructor(
    private readonly vault: Vault,
    readonly kid: string,
    readonly key: CryptoKey,
  ) {}

  static async make(): Promise<Stage> {
    const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    const vault = new Vault();
    await vault.open(newId('p'), tenant, true);
    const kid = newId('k');
    const x = b64(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
    await vault.trust([{ kid, jwk: { kty: 'OKP', crv: 'Ed25519', x }, iat: 0 }]);
    return new Stage(vault, kid, pair.privateKey);
  }

  /** Another page load: only what is kept is known. */
  client(): LedgerWatch {
    this.mine = this.devices();
    return new LedgerWatch({
      devices: this.mine,
      relay: () => this.relay(),
      home: async (after) => {
        const shown = await this.home();
        if (shown === null) throw new Refusal('not_found');
        return { head: shown.head, entries: shown.entries.slice(after, after + 1000) };
      },
      verify: (statement) => this.vault.head(statement),
      online: () => this.online,
      now: () => this.clock,
      load: () => Promise.resolve(this.kept),
      keep: (seen) => {
        this.kept = seen;
        return Promise.resolve();
      },
    });
  }

  private devices(): MyDevices {
    return new MyDevices({
      pid: me,
      dev: here,
      list: () => {
        this.asked += 1;
        return this.list === null ? Promise.reject(new Refusal('home_away')) : Promise.resolve(this.list);
      },
      now: () => this.clock,
    });
  }

  /** Home writes of a device into the ledger, and shows all of that; the list says what it likes. */
  async device(kind: 'device' | 'device_revoked' | 'device_lost', dev: Dev, pid = me): Promise<string | null> {
    this.lines.push(JSON.stringify({ kind, at: 1, pid, dev }));
    await this.show(this.lines.length, this.lines.length);
    return this.look();
  }

  write(count: number, text = 'entry'): void {
    for (let n = 0; n < count; n += 1) this.lines.push(JSON.stringify({ kind: text, at: this.lines.length }));
  }

  /** The head after `n` lines as home signs it, or somebody else does. */
  async head(n: number, lines = this.lines, key = this.key, of = tenant): Promise<string> {
    const head = await headAfter(FIRST, await Promise.all(lines.slice(0, n).map(entryHash)));
    return jws.sign('samrum-head', this.kid, { tenant: of, n, head, iat: 1 }, key);
  }

  /** Home shows its first `n` lines under their head; relay has witnessed `witnessed` of them. */
  async show(n: number, witnessed: number, lines = [...this.lines]): Promise<void> {
    const [head, seen] = await Promise.all([this.head(n, lines), this.head(witnessed)]);
    this.home = () => Promise.resolve({ head, entries: lines.map((line, at) => ({ n: at + 1, line })) });
    this.relay = () => Promise.resolve(seen);
  }

  async look(): Promise<string | null> {
    await this.watch.check();
    return this.watch.alarm.get();
  }
}

type Case = (stage: Stage) => Promise<unknown>;

function listed(dev: Dev, more: Partial<Device> = {}): Device {
  return { dev, label: '', created: 0, seen: 0, ends: 0, persistent: true, revoked: false, lost: false, asks: false, ...more };
}

const cases: Record<string, [Case, unknown]> = {
  'honest, and growing': [async (stage) => {
    const found = [];
    stage.home = () => Promise.resolve({ head: null, entries: [] });
    found.push(await stage.look());
    for (const [n, witnessed] of [[3, 0], [3, 3], [7, 3], [9, 9], [2600, 9], [2600, 2600]] as const) {
      stage.write(n - stage.lines.length);
      await stage.show(n, witnessed);
      found.push(await stage.look());
    }
    stage.watch = stage.client();
    found.push(await stage.look(), stage.kept?.home.n, stage.kept?.relay.n);
    return found;
  }, [null, null, null, null, null, null, null, null, 2600, 2600]],

  'home rewrote an entry that relay had witnessed': [async (stage) => {
    stage.write(6);
    const lines = stage.lines.map((line, at) => (at === 2 ? line.replace('entry', 'other') : line));
    await stage.show(6, 4, lines);
    return stage.look();
  }, 'home_ledger_forked'],

  'home rewrote one that came after': [async (stage) => {
    stage.write(6);
    const honest = await stage.head(6);
    await stage.show(6, 4);
    const { entries } = (await stage.home()) ?? { entries: [] };
    stage.home = () => Promise.resolve({ head: honest, entries: entries.map((one) => (one.n === 5 ? { ...one, line: '{}' } : one)) });
    return stage.look();
  }, 'home_ledger_forked'],

  'home and relay agree on another history than this client saw': [async (stage) => {
    stage.write(6);
    await stage.show(6, 6);
    const found = [await stage.look()];
    stage.lines = stage.lines.map((line, at) => (at === 5 ? '{"kind":"another"}' : line));
    stage.write(2);
    await stage.show(8, 8);
    stage.watch = stage.client();
    return [...found, await stage.look()];
  }, [null, 'home_ledger_forked']],

  'home shows less than relay has witnessed, or than it showed before': [async (stage) => {
    stage.write(6);
    await stage.show(4, 6);
    const found = [await stage.look()];
    await stage.show(6, 6);
    found.push(await stage.look());
    await stage.show(5, 6);
    found.push(await stage.look());
    return found;
  }, ['home_ledger_withheld', null, 'home_ledger_withheld']],

  'home leaves an entry out, or the last ones': [async (stage) => {
    stage.write(6);
    await stage.show(6, 2);
    const { head, entries } = (await stage.home()) ?? { head: null, entries: [] };
    stage.home = () => Promise.resolve({ head, entries: entries.filter(({ n }) => n !== 4) });
    const found = [await stage.look()];
    stage.home = () => Promise.resolve({ head, entries: entries.slice(0, 5) });
    return [...found, await stage.look()];
  }, ['home_ledger_withheld', 'home_ledger_withheld']],

  'home signs nothing of its own': [async (stage) => {
    stage.write(3);
    await stage.show(3, 3);
    const { privateKey } = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    const head = await stage.head(3, stage.lines, privateKey);
    stage.home = () => Promise.resolve({ head, entries: [] });
    return stage.look();
  }, 'home_ledger_forked'],

  'relay shows a head that home did not sign, or of another tenant': [async (stage) => {
    stage.write(3);
    await stage.show(3, 3);
    const { privateKey } = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    const [forged, foreign] = [await stage.head(3, stage.lines, privateKey), await stage.head(3, stage.lines, stage.key, newId('t'))];
    const found = [];
    for (const one of [forged, foreign, 'eyJ']) {
      stage.relay = () => Promise.resolve(one);
      found.push(await stage.look());
    }
    return found;
  }, ['relay_head_forged', 'relay_head_forged', 'relay_head_forged']],

  'relay shows an older head than before, or none': [async (stage) => {
    stage.write(6);
    await stage.show(6, 6);
    const found = [await stage.look()];
    await stage.show(6, 4);
    found.push(await stage.look());
    stage.watch = stage.client();
    found.push(await stage.look());
    stage.relay = () => Promise.resolve(null);
    found.push(await stage.look());
    await stage.show(6, 6);
    return [...found, await stage.look()];
  }, [null, 'relay_head_withheld', 'relay_head_withheld', 'relay_head_withheld', null]],

  'relay stays behind: not at once, but after five minutes, though home goes on': [async (stage) => {
    const found = [];
    stage.write(20);
    for (const [minute, n, witnessed] of [[0, 6, 3], [4, 8, 3], [6, 9, 3], [7, 9, 9], [8, 12, 9], [12, 14, 12], [16, 15, 14]] as const) {
      stage.clock = minute * MINUTE;
      await stage.show(n, witnessed);
      found.push(await stage.look());
    }
    return found;
  }, [null, null, 'relay_head_withheld', null, null, null, null]],

  'one does not answer while it is there': [async (stage) => {
    const found = [];
    stage.write(3);
    await stage.show(3, 3);
    const honest = stage.relay;
    stage.relay = () => Promise.reject(new Refusal('internal'));
    for (const minute of [0, 6]) {
      stage.clock = minute * MINUTE;
      found.push(await stage.look());
    }
    stage.relay = honest;
    found.push(await stage.look());
    stage.home = () => Promise.resolve(null);
    for (const minute of [10, 16]) {
      stage.clock = minute * MINUTE;
      found.push(await stage.look());
    }
    return found;
  }, [null, 'relay_head_withheld', null, null, 'home_ledger_withheld']],

  'home lists every device that the ledger shows': [async (stage) => {
    const [one, two, other] = [newId('d'), newId('d'), newId('d')];
    const found = [await stage.device('device', other, newId('p'))];
    const asked = [stage.asked];
    stage.list = { devices: [listed(one), listed(here)], former: [] };
    found.push(await stage.device('device', one));
    stage.list = { devices: [listed(two)], former: [one] };
    found.push(await stage.device('device_revoked', one), await stage.device('device', two));
    asked.push(stage.asked);
    stage.write(1);
    await stage.show(stage.lines.length, stage.lines.length);
    found.push(await stage.look());
    asked.push(stage.asked);
    return [found, asked];
  }, [[null, null, null, null, null], [0, 3, 3]]],

  'home hides a device that the ledger shows, also from who looks later': [async (stage) => {
    const dev = newId('d');
    stage.list = { devices: [listed(here)], former: [] };
    const found = [await stage.device('device', newId('d'), newId('p')), await stage.device('device', dev)];
    stage.watch = stage.client();
    stage.list = { devices: [listed(dev)], former: [] };
    found.push(await stage.device('device', here));
    return found;
  }, [null, 'home_device_hidden', 'home_device_hidden']],

  'home shows a device at first and hides it from the next page': [async (stage) => {
    const dev = newId('d');
    stage.list = { devices: [listed(dev)], former: [] };
    const found = [await stage.device('device', dev)];
    stage.watch = stage.client();
    stage.list = { devices: [], former: [] };
    stage.write(1);
    await stage.show(stage.lines.length, stage.lines.length);
    found.push(await stage.look());
    return found;
  }, [null, 'home_device_hidden']],

  'home calls a device ended that the ledger has not ended: after five minutes': [async (stage) => {
    const dev = newId('d');
    stage.list = { devices: [], former: [dev] };
    const found = [await stage.device('device', dev)];
    for (const minute of [4, 6]) {
      stage.clock = minute * MINUTE;
      found.push(await stage.look());
    }
    return found;
  }, [null, null, 'home_device_hidden']],

  'a device that signs out meanwhile is no alarm': [async (stage) => {
    const dev = newId('d');
    stage.list = { devices: [listed(dev, { lost: true, revoked: true })], former: [] };
    const found = [await stage.device('device', dev)];
    stage.clock = 4 * MINUTE;
    found.push(await stage.device('device_lost', dev));
    stage.clock = 9 * MINUTE;
    found.push(await stage.look());
    return found;
  }, [null, null, null]],

  'home does not give the list: the entries are looked at again': [async (stage) => {
    const dev = newId('d');
    stage.list = null;
    const found = [await stage.device('device', dev)];
    stage.list = { devices: [], former: [] };
    found.push(await stage.look());
    return found;
  }, [null, 'home_device_hidden']],

  'a device that home does not list writes as this person in a room': [async (stage) => {
    const [listedOne, hidden] = [newId('d'), newId('d')];
    stage.list = { devices: [listed(listedOne)], former: [] };
    await stage.mine.look();
    stage.mine.wrote(here);
    stage.mine.wrote(listedOne);
    await stage.mine.look();
    const found = [stage.watch.alarm.get()];
    stage.mine.wrote(hidden);
    await stage.mine.look();
    found.push(stage.watch.alarm.get());
    stage.write(1);
    await stage.show(1, 1);
    return [...found, await stage.look()];
  }, [null, 'home_device_hidden', 'home_device_hidden']],

  'one is away: no alarm': [async (stage) => {
    const found = [];
    stage.write(3);
    await stage.show(3, 3);
    const honest = stage.relay;
    stage.online = false;
    stage.relay = () => Promise.reject(new Refusal('relay_away'));
    for (const minute of [0, 60]) {
      stage.clock = minute * MINUTE;
      found.push(await stage.look());
    }
    stage.online = true;
    stage.relay = honest;
    stage.home = () => Promise.reject(new Refusal('home_away'));
    for (const minute of [70, 130]) {
      stage.clock = minute * MINUTE;
      found.push(await stage.look());
    }
    return found;
  }, [null, null, null, null]],
};

Object.assign(globalThis, {
  ledger: {
    names: Object.keys(cases),
    run: async (name: string): Promise<unknown> => {
      const [work, wanted] = cases[name] ?? [];
      return { found: await work?.(await Stage.make()), wanted };
    },
  },
});
