/**
 * Compares home's ledger with the head that relay witnessed, so that neither can show one person another history than the next:
 * both heads are home's signature, and home's entries must lead from relay's to its own. Also against what each showed before.
 */
import { codeOf } from '../doors/refusal';
import { witnessed } from '../doors/relayHttp';
import { textOf, utf8 } from '../wire/bytes';
import { FIRST } from '../wire/chain';
import type { TenantId } from '../wire/ids';
import { entryHash, headAfter } from '../wire/ledger';
import type { Head, Ledger } from '../wire/types';
import type { Alarm } from './api';
import type { DeviceWatch, Witnessed } from './devices';
import type { Ground } from './ground';
import { Signal } from './signal';

const START_MS = 3_000;
const EVERY_MS = 10 * 60_000;
/** While something is not as it should be. */
const AGAIN_MS = 60_000;
/** Home signs every minute and hands over at once; a head that stays away for longer is held back. */
const LATE_MS = 5 * 60_000;
/** The comparison begins at what was seen last time, if relay has not gone further than so many entries since. */
const REACH = 500;

export interface LedgerSources {
  /** The head that relay witnessed; `null`: none yet. */
  relay(): Promise<string | null>;
  /** Home's entries after the `after`-th, in pages, and its signed head. */
  home(after: number): Promise<Ledger>;
  /** The head, if home signed it for this tenant; otherwise rejects. */
  verify(statement: string): Promise<Head>;
  /** Whether relay is there at all: only then is it held to an answer. */
  online(): boolean;
  /** ms since any fixed time */
  now(): number;
  load(): Promise<Seen | null>;
  keep(seen: Seen): Promise<void>;
  /** Learns of every entry that was compared. */
  readonly devices: DeviceWatch;
}

/** The newest heads that were shown here. */
export interface Seen {
  readonly home: Point;
  readonly relay: Point;
  /** One's own devices on the way there. */
  readonly devices: Witnessed;
}

type Point = Pick<Head, 'n' | 'head'>;
const NOTHING: Point = { n: 0, head: FIRST };

export class LedgerWatch {
  readonly alarm = new Signal<Alarm | null>(null);
  /** What the last comparison found. */
  private found: Alarm | null = null;
  private seen: Seen | null = null;
  /** Since when (ms) relay owes us a head that covers entry `n`, or each of the two an answer. */
  private owes: { readonly n: number; readonly since: number } | null = null;
  private readonly silent = new Map<'home' | 'relay', number>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running = false;

  constructor(private readonly sources: LedgerSources) {
    sources.devices.hidden.subscribe(() => {
      this.tell(this.found);
    });
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.later(START_MS * Math.random());
  }

  stop(): void {
    this.running = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private tell(found: Alarm | null): void {
    this.found = found;
    this.alarm.set(found ?? (this.sources.devices.hidden.get() ? 'home_device_hidden' : null));
  }

  private later(ms: number): void {
    this.timer = setTimeout(() => {
      void this.check().then(() => {
        if (!this.running) return;
        const calm = this.alarm.get() === null && this.owes === null && this.silent.size === 0;
        this.later((calm ? EVERY_MS : AGAIN_MS) * (0.8 + 0.4 * Math.random()));
      });
    }, ms);
  }

  /** One comparison; never rejects. What cannot be asked now changes nothing. */
  async check(): Promise<void> {
    // Relay first: home signs before it hands over, so at any later time it has at least as much.
    const relay = await this.answer('relay', this.sources.relay(), this.sources.online());
    if (relay.none) return;
    try {
      this.tell(await this.compare(relay.value));
    } catch (error) {
      const away = ['home_away', 'signed_out', 'device_revoked'].includes(codeOf(error));
      await this.answer('home', Promise.reject(error as Error), !away);
    }
  }

  /** What one of them answers, and for how long it has not. */
  private async answer<T>(who: 'home' | 'relay', ask: Promise<T>, owed: boolean): Promise<{ none: true } | { none: false; value: T }> {
    try {
      const value = await ask;
      this.silent.delete(who);
      return { none: false, value };
    } catch {
      const now = this.sources.now();
      if (!owed) this.silent.delete(who);
      else if (!this.silent.has(who)) this.silent.set(who, now);
      else if (now - (this.silent.get(who) ?? now) > LATE_MS) this.tell(who === 'relay' ? 'relay_head_withheld' : 'home_ledger_withheld');
      return { none: true };
    }
  }

  private async compare(witnessed: string | null): Promise<Alarm | null> {
    const before = await this.before();
    let relay: Point = NOTHING;
    try {
      if (witnessed !== null) relay = await this.sources.verify(witnessed);
    } catch {
      return 'relay_head_forged';
    }
    if (relay.n < before.relay.n) return 'relay_head_withheld';
    const near = before.home.n < relay.n && relay.n - before.home.n <= REACH;
    const from = near ? before.home : relay;
    const first = await this.sources.home(from.n);
    this.silent.delete('home');
    let home: Point = NOTHING;
    try {
      if (first.head !== null) home = await this.sources.verify(first.head);
    } catch {
      return 'home_ledger_forked';
    }
    if (home.n < Math.max(relay.n, before.home.n)) return 'home_ledger_withheld';
    const lines: string[] = [];
    const wrong = await this.walk(from, first, [relay, before.relay, before.home, home], lines);
    if (wrong !== null) return wrong;
    // Home's list is asked for before the entries count as seen: who could not ask looks at them again next time.
    await this.sources.devices.proven(lines);
    const devices = this.sources.devices.witnessed();
    this.seen = { home: { n: home.n, head: home.head }, relay: { n: relay.n, head: relay.head }, devices };
    await this.sources.keep(this.seen).catch(() => undefined);
    return this.late(relay.n, home.n);
  }

  private async before(): Promise<Seen> {
    if (this.seen !== null) return this.seen;
    const kept = await this.sources.load();
    this.seen = { home: NOTHING, relay: NOTHING, devices: {}, ...kept };
    this.sources.devices.restore(this.seen.devices);
    return this.seen;
  }

  /** Follows home's entries from one point to the last of `points`; each that lies on the way must be met. `lines`: gets them. */
  private async walk(from: Point, first: Ledger, points: readonly Point[], lines: string[]): Promise<Alarm | null> {
    const last = points.at(-1) ?? from;
    let { n, head } = from;
    let page = first;
    for (;;) {
      for (const entry of page.entries.slice(0, last.n - n)) {
        if (points.some((point) => point.n === n && point.head !== head)) return 'home_ledger_forked';
        if (entry.n !== n + 1) return 'home_ledger_withheld';
        head = await headAfter(head, [await entryHash(entry.line)]);
        lines.push(entry.line);
        n += 1;
      }
      if (n >= last.n) break;
      if (page.entries.length === 0) return 'home_ledger_withheld';
      page = await this.sources.home(n);
    }
    return points.some((point) => point.n === n && point.head !== head) ? 'home_ledger_forked' : null;
  }

  private late(relay: number, home: number): Alarm | null {
    const now = this.sources.now();
    if (relay >= home) this.owes = null;
    else if (this.owes === null || relay >= this.owes.n) this.owes = { n: home, since: now };
    else if (now - this.owes.since > LATE_MS) return 'relay_head_withheld';
    return null;
  }
}

/** The watch of a session; what was seen is kept on this device, sealed under its own key. `access`: relay's address and grant. */
export function ledgerWatch(ground: Ground, access: () => { http: string; grant: string }, tenant: TenantId, devices: DeviceWatch): LedgerWatch {
  const { home, keys, storage } = ground;
  return new LedgerWatch({
    devices,
    relay: async () => (await witnessed(access().http, access().grant, tenant)).jws ?? null,
    home: (after) => ground.asked(home.ledger(after)),
    verify: (statement) => keys.head(statement),
    online: () => ground.stream() !== null,
    now: () => Date.now(),
    load: async () => {
      const sealed = await storage.heads();
      const plain = sealed === undefined ? null : await keys.unlock(sealed);
      return plain === null ? null : (JSON.parse(textOf(plain)) as Seen);
    },
    keep: async (seen) => {
      await storage.putHeads(await keys.lock(utf8(JSON.stringify(seen))));
    },
  });
}
