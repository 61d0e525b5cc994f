/**
 * What a session keeps between page loads, one database a person: envelopes as ciphertext, the outbox and names sealed under
 * the device's own key. On a shared computer the same things live in memory and end with the page.
 */
import { deleteDB, type DBSchema, type IDBPDatabase, type IDBPObjectStore } from 'idb';
import { Reopened, type Upgrading } from '../keys/reopened';
import type { Bytes } from '../wire/bytes';
import { targetsOf } from '../wire/envelope';
import type { MsgId, Pid, RoomId } from '../wire/ids';

/** A stored envelope and its position in the room. */
export interface Stored {
  readonly pos: number;
  readonly env: Bytes;
}

/** A message that waits; `sealed` is its text under the device's own key. */
export interface OutboxEntry {
  readonly id: MsgId;
  readonly room: RoomId;
  /** Place in the queue. */
  readonly order: number;
  /** ms since 1970 */
  readonly written: number;
  readonly sealed: Bytes;
  /** Why it is kept and not sent; `null`: it waits. */
  readonly reason: string | null;
  /** What was sent of it last and has not been acknowledged. */
  readonly tried?: Bytes;
  /** How often what it says has changed. */
  readonly edition?: number;
}

export interface Storage {
  /** No other tab sees it. */
  readonly ofThisTab: boolean;
  /** Up to `limit` envelopes with positions below `below`, oldest first, without a hole. */
  envelopes(room: RoomId, below: number, limit: number): Promise<Stored[]>;
  /** Those that are kept from one position to another, oldest first, whatever lies between. */
  range(room: RoomId, from: number, to: number): Promise<Stored[]>;
  /** Those at some positions, `undefined` where nothing is kept. */
  some(room: RoomId, positions: readonly number[]): Promise<(Bytes | undefined)[]>;
  /** Those that name a message as what they are about, or as their thread's root. */
  about(room: RoomId, id: MsgId): Promise<Stored[]>;
  keep(room: RoomId, list: readonly Stored[]): Promise<void>;
  outbox(): Promise<OutboxEntry[]>;
  /** Durable when it resolves. */
  putOutbox(entry: OutboxEntry): Promise<void>;
  /** Does nothing where there is no such entry (any more). */
  reasonOutbox(id: MsgId, reason: string | null): Promise<void>;
  /** As `reasonOutbox`. */
  triedOutbox(id: MsgId, tried: Bytes): Promise<void>;
  dropOutbox(id: MsgId): Promise<void>;
  names(): Promise<Bytes | undefined>;
  putNames(sealed: Bytes): Promise<void>;
  /** The heads of the ledger that were shown here. */
  heads(): Promise<Bytes | undefined>;
  putHeads(sealed: Bytes): Promise<void>;
  /** What was written and not sent. */
  drafts(): Promise<Bytes | undefined>;
  putDrafts(sealed: Bytes): Promise<void>;
  close(): void;
}

interface Schema extends DBSchema {
  envelopes: { key: [RoomId, number]; value: Bytes };
  /** Positions of the envelopes that name a message. */
  about: { key: [RoomId, MsgId, number]; value: true };
  outbox: { key: MsgId; value: OutboxEntry };
  sealed: { key: 'names' | 'heads' | 'drafts'; value: Bytes };
}

const VERSION = 2;

function nameOf(pid: Pid): string {
  return `samrum.${pid}`;
}

export async function openStorage(pid: Pid, shared: boolean): Promise<Storage> {
  if (shared) {
    await wipeStorage(pid).catch(() => undefined); // where the browser keeps nothing, nothing is left
    return new MemoryStorage();
  }
  const storage = new DiskStorage(pid);
  await storage.names(); // says at once if this browser keeps nothing
  return storage;
}

/** The database of uploads that go on after a reload (`../files/kept.ts`). */
export function filesDatabase(pid: Pid): string {
  return `samrum.files.${pid}`;
}

export async function wipeStorage(pid: Pid): Promise<void> {
  await Promise.all([deleteDB(nameOf(pid)), deleteDB(filesDatabase(pid))]);
}

/** Forgets everything that this profile holds of anybody: its device was revoked, perhaps because it is in wrong hands. */
export async function wipeProfile(): Promise<void> {
  const names = (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('samrum.') === true ? [name] : []));
  await Promise.all(names.map((name) => deleteDB(name)));
}

/** Opened anew when it is deleted or taken away meanwhile: the person cleared what the browser keeps, and goes on. */
class DiskStorage implements Storage {
  readonly ofThisTab = false;
  private readonly kept: Reopened<Schema>;

  constructor(pid: Pid) {
    this.kept = new Reopened<Schema>(nameOf(pid), make, false, VERSION);
  }

  envelopes(room: RoomId, below: number, limit: number): Promise<Stored[]> {
    return this.kept.use(async (db) => {
      const { store } = db.transaction('envelopes');
      const top = Number.isFinite(below) ? below - 1 : (await store.openKeyCursor(IDBKeyRange.bound([room, 0], [room, Infinity]), 'prev'))?.key[1];
      if (top === undefined) return [];
      const found = await rangeOf(store, room, top - limit + 1, top);
      return found.slice(found.findLastIndex(({ pos }, at) => pos !== top - (found.length - 1 - at)) + 1);
    });
  }

  range(room: RoomId, from: number, to: number): Promise<Stored[]> {
    return this.kept.use((db) => rangeOf(db.transaction('envelopes').store, room, from, to));
  }

  some(room: RoomId, positions: readonly number[]): Promise<(Bytes | undefined)[]> {
    return this.kept.use((db) => {
      const { store } = db.transaction('envelopes');
      return Promise.all(positions.map((pos) => store.get([room, pos])));
    });
  }

  about(room: RoomId, id: MsgId): Promise<Stored[]> {
    return this.kept.use(async (db) => {
      const reading = db.transaction(['about', 'envelopes']);
      const keys = await reading.objectStore('about').getAllKeys(IDBKeyRange.bound([room, id, 0], [room, id, Infinity]));
      const found = await Promise.all(keys.map(async ([, , pos]) => ({ pos, env: await reading.objectStore('envelopes').get([room, pos]) })));
      return found.flatMap(({ pos, env }) => (env === undefined ? [] : [{ pos, env }]));
    });
  }

  keep(room: RoomId, list: readonly Stored[]): Promise<void> {
    return this.kept.use(async (db) => {
      const change = db.transaction(['envelopes', 'about'], 'readwrite');
      for (const { pos, env } of list) {
        void change.objectStore('envelopes').put(env.slice(), [room, pos]);
        for (const id of targetsOf(env)) void change.objectStore('about').put(true, [room, id, pos]);
      }
      await change.done;
    });
  }

  outbox(): Promise<OutboxEntry[]> {
    return this.kept.use((db) => db.getAll('outbox'));
  }

  putOutbox(entry: OutboxEntry): Promise<void> {
    return this.kept.use(async (db) => {
      const change = db.transaction('outbox', 'readwrite', { durability: 'strict' });
      void change.store.put(entry);
      await change.done;
    });
  }

  reasonOutbox(id: MsgId, reason: string | null): Promise<void> {
    return this.changeOutbox(id, { reason });
  }

  triedOutbox(id: MsgId, tried: Bytes): Promise<void> {
    return this.changeOutbox(id, { tried });
  }

  private changeOutbox(id: MsgId, by: Partial<OutboxEntry>): Promise<void> {
    return this.kept.use(async (db) => {
      const change = db.transaction('outbox', 'readwrite');
      const entry = await change.store.get(id);
      if (entry !== undefined) void change.store.put({ ...entry, ...by });
      await change.done;
    });
  }

  dropOutbox(id: MsgId): Promise<void> {
    return this.kept.use((db) => db.delete('outbox', id));
  }

  names(): Promise<Bytes | undefined> {
    return this.kept.use((db) => db.get('sealed', 'names'));
  }

  async putNames(sealed: Bytes): Promise<void> {
    await this.kept.use((db) => db.put('sealed', sealed, 'names'));
  }

  heads(): Promise<Bytes | undefined> {
    return this.kept.use((db) => db.get('sealed', 'heads'));
  }

  async putHeads(sealed: Bytes): Promise<void> {
    await this.kept.use((db) => db.put('sealed', sealed, 'heads'));
  }

  drafts(): Promise<Bytes | undefined> {
    return this.kept.use((db) => db.get('sealed', 'drafts'));
  }

  async putDrafts(sealed: Bytes): Promise<void> {
    await this.kept.use((db) => db.put('sealed', sealed, 'drafts'));
  }

  close(): void {
    this.kept.close();
  }
}

/** Version 2 knows which envelopes are about which message. */
async function make(db: IDBPDatabase<Schema>, old: number, change: Upgrading<Schema>): Promise<void> {
  if (old < 1) {
    db.createObjectStore('envelopes');
    db.createObjectStore('outbox', { keyPath: 'id' });
    db.createObjectStore('sealed');
  }
  const about = db.createObjectStore('about');
  for (let cursor = old < 1 ? null : await change.objectStore('envelopes').openCursor(); cursor; cursor = await cursor.continue()) {
    const [room, pos] = cursor.key;
    for (const id of targetsOf(cursor.value)) void about.put(true, [room, id, pos]);
  }
}

async function rangeOf(store: Pick<IDBPObjectStore<Schema, never, 'envelopes'>, 'getAll' | 'getAllKeys'>, room: RoomId, from: number, to: number): Promise<Stored[]> {
  const range = IDBKeyRange.bound([room, from], [room, to]);
  const [keys, envs] = await Promise.all([store.getAllKeys(range), store.getAll(range)]);
  return envs.map((env, at) => ({ pos: keys[at]?.[1] ?? 0, env }));
}

class MemoryStorage implements Storage {
  readonly ofThisTab = true;
  private readonly rooms = new Map<RoomId, Map<number, Bytes>>();
  private readonly named = new Map<RoomId, Map<MsgId, Set<number>>>();
  private readonly queue = new Map<MsgId, OutboxEntry>();

  envelopes(room: RoomId, below: number, limit: number): Promise<Stored[]> {
    const kept = this.rooms.get(room) ?? new Map<number, Bytes>();
    const out: Stored[] = [];
    let pos = Number.isFinite(below) ? below - 1 : Math.max(0, ...kept.keys());
    for (let env = kept.get(pos); env && out.length < limit; env = kept.get(--pos)) out.push({ pos, env });
    return Promise.resolve(out.reverse());
  }

  range(room: RoomId, from: number, to: number): Promise<Stored[]> {
    return Promise.resolve(this.there(room, Array.from({ length: to - from + 1 }, (_, at) => from + at)));
  }

  some(room: RoomId, positions: readonly number[]): Promise<(Bytes | undefined)[]> {
    return Promise.resolve(positions.map((pos) => this.rooms.get(room)?.get(pos)));
  }

  about(room: RoomId, id: MsgId): Promise<Stored[]> {
    return Promise.resolve(this.there(room, [...(this.named.get(room)?.get(id) ?? [])].sort((a, b) => a - b)));
  }

  private there(room: RoomId, positions: readonly number[]): Stored[] {
    return positions.flatMap((pos) => {
      const env = this.rooms.get(room)?.get(pos);
      return env === undefined ? [] : [{ pos, env }];
    });
  }

  keep(room: RoomId, list: readonly Stored[]): Promise<void> {
    const kept = this.rooms.get(room) ?? new Map<number, Bytes>();
    const named = this.named.get(room) ?? new Map<MsgId, Set<number>>();
    for (const { pos, env } of list) {
      kept.set(pos, env);
      for (const id of targetsOf(env)) named.set(id, (named.get(id) ?? new Set()).add(pos));
    }
    this.rooms.set(room, kept);
    this.named.set(room, named);
    return Promise.resolve();
  }

  outbox(): Promise<OutboxEntry[]> {
    return Promise.resolve([...this.queue.values()]);
  }

  putOutbox(entry: OutboxEntry): Promise<void> {
    this.queue.set(entry.id, entry);
    return Promise.resolve();
  }

  reasonOutbox(id: MsgId, reason: string | null): Promise<void> {
    const entry = this.queue.get(id);
    if (entry !== undefined) this.queue.set(id, { ...entry, reason });
    return Promise.resolve();
  }

  triedOutbox(id: MsgId, tried: Bytes): Promise<void> {
    const entry = this.queue.get(id);
    if (entry !== undefined) this.queue.set(id, { ...entry, tried });
    return Promise.resolve();
  }

  dropOutbox(id: MsgId): Promise<void> {
    this.queue.delete(id);
    return Promise.resolve();
  }

  names(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  putNames(): Promise<void> {
    return Promise.resolve();
  }

  heads(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  putHeads(): Promise<void> {
    return Promise.resolve();
  }

  drafts(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  putDrafts(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    for (const kept of [this.rooms, this.named, this.queue]) kept.clear();
  }
}
