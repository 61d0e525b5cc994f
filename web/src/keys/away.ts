/**
 * What a device keeps to do without home for a while, one database a person: leased media secrets, certificates, and the sealed
 * start. Beside it stand the vault's own leases and chains (`safe.ts`). A shared computer has none of this.
 */
import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Bytes } from '../wire/bytes';
import type { Dev, Pid, RoomId, TenantId } from '../wire/ids';

/** A media base secret on loan, of a room's epoch and a UTC day. */
export interface BaseLease {
  readonly room: RoomId;
  readonly epoch: number;
  readonly day: number;
  /** Not extractable. */
  readonly key: CryptoKey;
  /** ms since 1970 */
  readonly until: number;
}

/** A start that home gave, without its keys; `sealed` under the device's own key. */
export interface KeptStart {
  readonly tenant: TenantId;
  /** When home was heard last, ms since 1970. */
  readonly at: number;
  readonly sealed: Bytes;
}

interface Schema extends DBSchema {
  dev: { key: 'dev'; value: Dev };
  start: { key: 'start'; value: KeptStart };
  bases: { key: [RoomId, number, number]; value: BaseLease };
  /** As home signed them; they are verified again at each start. */
  certs: { key: Dev; value: readonly string[] };
}

export type Away = IDBPDatabase<Schema>;

const PREFIX = 'samrum.away.';
const STORES = ['start', 'bases', 'certs'] as const;

function open(name: string): Promise<Away> {
  return openDB<Schema>(name, 1, {
    upgrade(db) {
      db.createObjectStore('dev');
      for (const store of STORES) db.createObjectStore(store);
    },
    blocking(_now, _next, event) {
      (event.target as IDBDatabase).close();
    },
  });
}

/** What `dev` keeps; of another device nothing is of use any more. */
export async function openAway(pid: Pid, dev: Dev): Promise<Away> {
  const db = await open(PREFIX + pid);
  if ((await db.get('dev', 'dev')) !== dev) {
    for (const store of STORES) await db.clear(store);
    await db.put('dev', dev, 'dev');
  }
  return db;
}

export async function wipeAway(pid: Pid): Promise<void> {
  await deleteDB(PREFIX + pid);
}

/** Drops media secrets whose time is over. */
export async function forgetBases(db: Away, now: number): Promise<void> {
  for (let cursor = await db.transaction('bases', 'readwrite').store.openCursor(); cursor; cursor = await cursor.continue()) {
    if (cursor.value.until <= now) await cursor.delete();
  }
}

/** Who may start here without home, the one who was here last first. */
export async function keptStarts(): Promise<{ pid: Pid; tenant: TenantId; at: number }[]> {
  const found: { pid: Pid; tenant: TenantId; at: number }[] = [];
  await each(async (pid, db) => {
    const start = await db.get('start', 'start');
    if (start !== undefined) found.push({ pid, tenant: start.tenant, at: start.at });
  });
  return found.sort((a, b) => b.at - a.at);
}

/** Nobody starts here without home any more. */
export function forgetStarts(): Promise<void> {
  return each((_, db) => db.clear('start'));
}

async function each(work: (pid: Pid, db: Away) => Promise<void>): Promise<void> {
  for (const { name } of await indexedDB.databases()) {
    if (name?.startsWith(PREFIX) !== true) continue;
    const db = await open(name);
    await work(name.slice(PREFIX.length) as Pid, db);
    db.close();
  }
}
