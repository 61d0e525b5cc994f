/** What the vault keeps on disk: one database a person, with keys that cannot be read out. On a shared computer: the device alone. */
import { deleteDB, type DBSchema } from 'idb';
import type { RoomState } from '../wire/chain';
import type { Dev, KeyId, Pid, RoomId, TenantId } from '../wire/ids';
import { Reopened } from './reopened';

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

type Store = 'chains' | 'leases';

function nameOf(pid: Pid): string {
  return `samrum.keys.${pid}`;
}

export class Safe {
  /** Whether this browser keeps anything at all. Some private windows do not. */
  keeps = true;
  private device: OwnDevice | undefined;
  private readonly kept: Reopened<Schema>;

  constructor(pid: Pid) {
    this.kept = new Reopened<Schema>(nameOf(pid), (db) => {
      const own = db.createObjectStore('own');
      db.createObjectStore('chains');
      db.createObjectStore('leases');
      // What the browser kept was cleared while we run: this device lives on.
      if (this.device !== undefined) void own.put(this.device, 'device');
    }, true);
  }

  /** This profile's device, as it was kept. */
  async own(): Promise<OwnDevice | undefined> {
    try {
      this.device = await this.kept.use((db) => db.get('own', 'device'));
    } catch {
      this.keeps = false;
    }
    return this.device;
  }

  /** Keeps a new device, in place of whatever is here. */
  async putOwn(device: OwnDevice): Promise<void> {
    this.device = device;
    if (!this.keeps) return;
    await this.kept.use(async (db) => {
      const change = db.transaction(['own', 'chains', 'leases'], 'readwrite');
      void change.objectStore('chains').clear();
      void change.objectStore('leases').clear();
      void change.objectStore('own').put(device, 'device');
      await change.done;
    });
  }

  chains(): Promise<RoomState[]> {
    return this.kept.use((db) => db.getAll('chains'));
  }

  /** Leases that still hold; the others go. */
  leases(now: number): Promise<[[RoomId, number], Lease][]> {
    return this.kept.use(async (db) => {
      const found: [[RoomId, number], Lease][] = [];
      for (let cursor = await db.transaction('leases', 'readwrite').store.openCursor(); cursor; cursor = await cursor.continue()) {
        if (cursor.value.until <= now) await cursor.delete();
        else found.push([cursor.key, cursor.value]);
      }
      return found;
    });
  }

  /** A lease that another tab of this device may have got. */
  lease(room: RoomId, epoch: number): Promise<Lease | undefined> {
    return this.kept.use((db) => db.get('leases', [room, epoch]));
  }

  /** Keeps for the next time. What cannot be kept now is asked for again then. */
  async put<K extends Store>(store: K, value: Schema[K]['value'], key: Schema[K]['key']): Promise<void> {
    await this.kept.use((db) => db.put(store, value, key)).catch(() => undefined);
  }

  close(): void {
    this.kept.close();
  }
}

export async function wipeSafe(pid: Pid): Promise<void> {
  await deleteDB(nameOf(pid));
}
