/** A database of this browser that is opened anew when somebody deletes it, or the browser takes it away, while we use it. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

export class Reopened<S extends DBSchema> {
  private db: Promise<IDBPDatabase<S>> | null = null;
  private closed = false;

  constructor(
    private readonly name: string,
    private readonly make: (db: IDBPDatabase<S>) => void,
    /** Makes it again at once, not only when it is used. */
    private readonly atOnce = false,
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
    this.db ??= openDB<S>(this.name, 1, {
      upgrade: (made) => {
        this.make(made);
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
