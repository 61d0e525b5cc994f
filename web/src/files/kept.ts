/**
 * Uploads that go on after a reload: one database a person. A record's names and keys are sealed under the device's own key.
 *
 * Of the file itself its handle is kept where the browser gave one, or the sealed bytes where they are few; never a copy of the file.
 * A shared computer keeps nothing.
 */
import type { DBSchema } from 'idb';

import { Reopened } from '../keys/reopened';
import { filesDatabase } from '../session/storage';
import { b64, textOf, unb64, utf8, type Bytes } from '../wire/bytes';
import type { Pid, RoomId } from '../wire/ids';
import type { Mark } from './messages';

/** What is known of a file and its object. */
export interface Facts {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** ms since 1970, as the file had it when it was chosen. */
  readonly modified: number;
  /** What a picture said besides was left out. */
  readonly bare: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly seconds?: number;
}

export interface Sealed {
  readonly object: string;
  readonly key: Bytes;
  readonly header: Bytes;
}

export interface KeptUpload {
  readonly id: string;
  readonly room: RoomId;
  /** Place in the list. */
  readonly order: number;
  readonly facts: Facts;
  readonly sealed: Sealed | null;
  readonly marks: readonly Mark[];
  /** All of it is at relay. */
  readonly done: boolean;
  /** A file on disk, or the object's bytes; `null`: neither, the person has to choose it again. */
  readonly source: FileSystemFileHandle | Blob | null;
}

interface Row {
  readonly id: string;
  readonly room: RoomId;
  readonly order: number;
  readonly locked: Bytes;
  readonly source: KeptUpload['source'];
}

interface Schema extends DBSchema {
  uploads: { key: string; value: Row };
}

export interface Locks {
  lock(plain: Bytes): Promise<Bytes>;
  unlock(sealed: Bytes): Promise<Bytes | null>;
}

interface Secret {
  readonly facts: Facts;
  readonly sealed: { readonly object: string; readonly key: string; readonly header: string } | null;
  readonly marks: readonly (readonly [number, string])[];
  readonly done: boolean;
}

export class KeptUploads {
  private readonly kept: Reopened<Schema>;

  constructor(pid: Pid, private readonly locks: Locks) {
    this.kept = new Reopened<Schema>(filesDatabase(pid), (db) => {
      db.createObjectStore('uploads', { keyPath: 'id' });
    });
  }

  async put(one: KeptUpload): Promise<void> {
    const { sealed } = one;
    const secret: Secret = {
      facts: one.facts,
      done: one.done,
      sealed: sealed && { object: sealed.object, key: b64(sealed.key), header: b64(sealed.header) },
      marks: one.marks.map(([index, mark]) => [index, b64(mark)] as const),
    };
    const locked = await this.locks.lock(utf8(JSON.stringify(secret)));
    const row: Row = { id: one.id, room: one.room, order: one.order, locked, source: one.source };
    await this.kept.use((db) => db.put('uploads', row));
  }

  drop(id: string): Promise<void> {
    return this.kept.use((db) => db.delete('uploads', id));
  }

  ids(): Promise<string[]> {
    return this.kept.use((db) => db.getAllKeys('uploads'));
  }

  /** `undefined`: there is none (any more), or this device cannot read it. */
  async get(id: string): Promise<KeptUpload | undefined> {
    const row = await this.kept.use((db) => db.get('uploads', id));
    const plain = row && (await this.locks.unlock(row.locked));
    if (!row || !plain) return undefined;
    // Written above, and authenticated under this device's key.
    const { facts, sealed, marks, done } = JSON.parse(textOf(plain)) as Secret;
    return {
      id: row.id,
      room: row.room,
      order: row.order,
      source: row.source,
      facts,
      done,
      sealed: sealed && { object: sealed.object, key: unb64(sealed.key), header: unb64(sealed.header) },
      marks: marks.map(([index, mark]) => [index, unb64(mark)] as const),
    };
  }

  close(): void {
    this.kept.close();
  }
}
