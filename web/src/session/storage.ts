/**
 * What a session keeps between page loads, one database a person: envelopes as ciphertext, the outbox and names sealed under
 * the device's own key. On a shared computer the same things live in memory and end with the page.
 */
import { deleteDB, type DBSchema } from 'idb';
import { Reopened } from '../keys/reopened';
import type { Bytes } from '../wire/bytes';
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
}

export interface Storage {
  /** No other tab sees it. */
  readonly ofThisTab: boolean;
  /** Up to `limit` envelopes with positions below `below`, oldest first, without a hole. */
  envelopes(room: RoomId, below: number, limit: number): Promise<Stored[]>;
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
  close(): void;
}

interface Schema extends DBSchema {
  envelopes: { key: [RoomId, number]; value: Bytes };
  outbox: { key: MsgId; value: OutboxEntry };
  sealed: { key: 'names' | 'heads'; value: Bytes };
}

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
    this.kept = new Reopened<Schema>(nameOf(pid), (made) => {
      made.createObjectStore('envelopes');
      made.createObjectStore('outbox', { keyPath: 'id' });
      made.createObjectStore('sealed');
    });
  }

  envelopes(room: RoomId, below: number, limit: number): Promise<Stored[]> {
    return this.kept.use(async (db) => {
      const range = IDBKeyRange.bound([room, 0], [room, below], false, true);
      const out: Stored[] = [];
      const store = db.transaction('envelopes').store;
      for (let cursor = await store.openCursor(range, 'prev'); cursor && out.length < limit; cursor = await cursor.continue()) {
        const pos = cursor.key[1];
        const expected = out.at(-1)?.pos ?? (Number.isFinite(below) ? below : pos + 1);
        if (pos !== expected - 1) break;
        out.push({ pos, env: cursor.value });
      }
      return out.reverse();
    });
  }

  keep(room: RoomId, list: readonly Stored[]): Promise<void> {
    return this.kept.use(async (db) => {
      const change = db.transaction('envelopes', 'readwrite');
      for (const { pos, env } of list) void change.store.put(env.slice(), [room, pos]);
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

  close(): void {
    this.kept.close();
  }
}

class MemoryStorage implements Storage {
  readonly ofThisTab = true;
  private readonly rooms = new Map<RoomId, Map<number, Bytes>>();
  private readonly queue = new Map<MsgId, OutboxEntry>();

  envelopes(room: RoomId, below: number, limit: number): Promise<Stored[]> {
    const kept = this.rooms.get(room) ?? new Map<number, Bytes>();
    const out: Stored[] = [];
    let pos = Number.isFinite(below) ? below - 1 : Math.max(0, ...kept.keys());
    for (let env = kept.get(pos); env && out.length < limit; env = kept.get(--pos)) out.push({ pos, env });
    return Promise.resolve(out.reverse());
  }

  keep(room: RoomId, list: readonly Stored[]): Promise<void> {
    const kept = this.rooms.get(room) ?? new Map<number, Bytes>();
    for (const { pos, env } of list) kept.set(pos, env);
    this.rooms.set(room, kept);
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

  close(): void {
    this.rooms.clear();
    this.queue.clear();
  }
}
