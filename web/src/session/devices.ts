/**
 * One's own devices: home's list, the question whether a new one was oneself, and what the ledger and the rooms show of devices
 * that the list does not have. Home's people could certify a device in somebody's name; then either the list shows it, and the
 * person is asked, or this client finds it missing there.
 */
import type { HomeDoor } from '../doors/home';
import type { Dev, Pid } from '../wire/ids';
import type { Devices as Told } from '../wire/types';
import type { DeviceInfo, Readable } from './api';
import type { Ground } from './ground';
import { coalesced, Signal } from './signal';

/** Home signs what it did within a minute; a device whose end the ledger still does not show after this was never ended. */
const LATE_MS = 5 * 60_000;

/** Own devices that the ledger showed to this client, and whether it showed their end. */
export type Witnessed = Readonly<Partial<Record<Dev, 'certified' | 'ended'>>>;

/** What the watch over the ledger needs of this. */
export interface DeviceWatch {
  /** Home hides a device that has signed in as this person. */
  readonly hidden: Readable<boolean>;
  witnessed(): Witnessed;
  /** What earlier page loads saw. */
  restore(before: Witnessed): void;
  /** Lines that home's signature was found to cover, in their order. */
  proven(lines: readonly string[]): Promise<void>;
}

export interface DeviceSources {
  readonly pid: Pid;
  readonly dev: Dev;
  list(): Promise<Told>;
  /** ms since any fixed time */
  now(): number;
}

export class MyDevices implements DeviceWatch {
  /** Devices that signed in after this one and that nobody has answered for, oldest first. */
  readonly asking = new Signal<readonly DeviceInfo[]>([]);
  readonly hidden = new Signal(false);
  private readonly ledger = new Map<Dev, 'certified' | 'ended'>();
  /** Devices that wrote under this person's pseudonym, with a certificate by home. */
  private readonly writers = new Set<Dev>();
  private told: Told | null = null;
  /** Since when (ms) home calls a device ended that the ledger has not ended. */
  private readonly doubts = new Map<Dev, number>();

  constructor(private readonly sources: DeviceSources) {}

  /** Asks home for the list; whoever asks meanwhile gets the next one. */
  readonly look = coalesced(async () => {
    const owed = [...this.ledger.keys(), ...this.writers]; // what was seen before home was asked
    this.told = await this.sources.list();
    const asking = this.infos(this.told).filter(({ asks }) => asks).toSorted((a, b) => a.created - b.created);
    if (ids(asking) !== ids(this.asking.get())) this.asking.set(asking);
    this.compare(this.told, owed);
  });

  async list(): Promise<readonly DeviceInfo[]> {
    await this.look();
    return this.told === null ? [] : this.infos(this.told);
  }

  /** Somebody wrote as this person, from a device whose certificate and signature hold. */
  wrote(dev: Dev): void {
    if (dev === this.sources.dev || this.writers.has(dev)) return;
    this.writers.add(dev);
    if (this.told === null || !listed(this.told, dev)) void this.look().catch(() => undefined);
  }

  witnessed(): Witnessed {
    return Object.fromEntries(this.ledger);
  }

  restore(before: Witnessed): void {
    for (const [dev, how] of Object.entries(before) as [Dev, 'certified' | 'ended'][]) if (!this.ledger.has(dev)) this.ledger.set(dev, how);
  }

  async proven(lines: readonly string[]): Promise<void> {
    let mine = false;
    for (const line of lines) {
      const entry = deviceIn(line);
      if (entry?.pid !== this.sources.pid) continue;
      mine = true;
      this.ledger.set(entry.dev, entry.kind === 'device' ? (this.ledger.get(entry.dev) ?? 'certified') : 'ended');
    }
    if (mine || this.doubts.size > 0 || (this.told === null && this.ledger.size > 0)) await this.look();
    const now = this.sources.now();
    if ([...this.doubts.values()].some((since) => now - since > LATE_MS)) this.hidden.set(true);
  }

  /** Home's list against what was seen elsewhere. */
  private compare(told: Told, owed: readonly Dev[]): void {
    const ended = new Set([...told.former, ...told.devices.filter(({ revoked, lost }) => revoked || lost).map(({ dev }) => dev)]);
    for (const [dev, how] of this.ledger) {
      if (how === 'certified' && ended.has(dev)) this.doubts.set(dev, this.doubts.get(dev) ?? this.sources.now());
      else this.doubts.delete(dev);
    }
    if (owed.some((dev) => !listed(told, dev))) this.hidden.set(true);
  }

  private infos({ devices }: Told): readonly DeviceInfo[] {
    return devices.map(({ dev, created, seen, ends, ...rest }) => ({
      ...rest, id: dev, created: created * 1000, seen: seen * 1000, ends: ends * 1000, here: dev === this.sources.dev,
    }));
  }
}

export function myDevices(ground: Ground): MyDevices {
  const home: HomeDoor = ground.home;
  return new MyDevices({ pid: ground.pid, dev: ground.dev, list: () => ground.asked(home.devices()), now: () => Date.now() });
}

function ids(devices: readonly DeviceInfo[]): string {
  return devices.map(({ id }) => id).join();
}

function listed({ devices, former }: Told, dev: Dev): boolean {
  return former.includes(dev) || devices.some((one) => one.dev === dev);
}

/** What a line says of a device; `null`: it is about something else. */
function deviceIn(line: string): { readonly kind: 'device' | 'device_revoked' | 'device_lost'; readonly pid: Pid; readonly dev: Dev } | null {
  if (!line.includes('"device')) return null;
  try {
    const entry = JSON.parse(line) as Partial<Record<'kind' | 'pid' | 'dev', unknown>> | null;
    if (entry === null || typeof entry !== 'object') return null;
    const { kind, pid, dev } = entry;
    if (kind !== 'device' && kind !== 'device_revoked' && kind !== 'device_lost') return null;
    return typeof pid === 'string' && typeof dev === 'string' ? { kind, pid: pid as Pid, dev: dev as Dev } : null;
  } catch {
    return null;
  }
}
