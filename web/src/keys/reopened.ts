/** A database of this browser that is opened anew when somebody deletes it, or the browser takes it away, while we use it. */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';

export type Upgrading<S extends DBSchema> = IDBPTransaction<S, StoreNames<S>[], 'versionchange'>;

export class Reopened<S extends DBSchema> {
  private db: Promise<IDBPDatabase<S>> | null = null;
  private closed = false;

  constructor(
    private readonly name: string,
    /** Makes what is new since version `old` (0: there is nothing yet). */
    private readonly make: (db: IDBPDatabase<S>, old: number, change: Upgrading<S>) => void | Promise<void>,
    /** Makes it again at once, not only when it is used. */
    private readonly atOnce = false,
    private readonly version = 1,
  ) {}

  /** Runs `work`, once more if the database went away under it; `work` may therefore be done twice. */
  async use<T>(work: (db: IDBPDatabase<S>) => Promise<T>): Promise<T> {
    try {
      return await work(await this.open());
    } catch (error) {
      if (this.closed || !(error instanceof DOMException) || (error.name !== 'InvalidStateError' && error.name !== 'AbortError')) throw error;
      this.db = null;
      return work(await this.open());
    }
  }

  close(): void {
    this.closed = true;
    void this.db?.then((db) => {
      db.close();
    }, () => undefined);
  }

  private open(): Promise<IDBPDatabase<S>> {
    if (this.closed) return Promise.reject(new DOMException('closed', 'InvalidStateError'));
    this.db ??= openDB<S>(this.name, this.version, {
      upgrade: (made, old, _now, change) => {
        Promise.resolve(this.make(made, old, change)).catch(() => {
          change.abort();
        });
      },
      blocking: (_now, _next, event) => {
        (event.target as IDBDatabase).close();
        this.lost();
      },
      terminated: () => {
        this.lost();
      },
    });
    this.db.catch(() => (this.db = null));
    return this.db;
  }

  private lost(): void {
    this.db = null;
    if (this.atOnce && !this.closed) void this.open().catch(() => undefined);
  }
}
