/** What the vault keeps on disk: one database a person, with keys that cannot be read out. On a shared computer: the device alone. */
import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { RoomState } from '../wire/chain';
import type { Dev, KeyId, Pid, RoomId, TenantId } from '../wire/ids';

/** This browser profile's device of one person. */
export interface OwnDevice {
  readonly dev: Dev;
  readonly tenant: TenantId;
  /** Ed25519, not extractable. */
  readonly signing: CryptoKey;
  /** The public half, base64url. */
  readonly x: string;
  /** AES-GCM, not extractable: for what this device alone reads (outbox, names). */
  readonly local: CryptoKey;
  /** Somebody else may sit here next: nothing but this record is kept. */
  readonly shared: boolean;
}

export interface Lease {
  readonly key: CryptoKey;
  readonly keyId: KeyId;
  /** ms since 1970 */
  readonly until: number;
}

interface Schema extends DBSchema {
  own: { key: 'device'; value: OwnDevice };
  chains: { key: RoomId; value: RoomState };
  leases: { key: [RoomId, number]; value: Lease };
}

export type Safe = IDBPDatabase<Schema>;

function nameOf(pid: Pid): string {
  return `samrum.keys.${pid}`;
}

export function openSafe(pid: Pid): Promise<Safe> {
  return openDB<Schema>(nameOf(pid), 1, {
    upgrade(db) {
      db.createObjectStore('own');
      db.createObjectStore('chains');
      db.createObjectStore('leases');
    },
    blocking(_now, _next, event) {
      (event.target as IDBDatabase).close();
    },
  });
}

export async function wipeSafe(pid: Pid): Promise<void> {
  await deleteDB(nameOf(pid));
}
