/** The session's way to its files: what they stand on, and the part itself, which loads when it is needed first. */
import type { Files } from '../files/files';
import type { Bytes } from '../wire/bytes';
import type { Pid } from '../wire/ids';
import type { Connection, Readable } from './api';
import { Signal } from './signal';
import { filesDatabase } from './storage';

/** What files stand on. */
export interface FilesGround {
  readonly pid: Pid;
  /** Uploads go on after a reload; not on a shared computer. */
  readonly keeps: boolean;
  readonly connection: Readable<Connection>;
  access(): { readonly http: string; readonly grant: string };
  lock(plain: Bytes): Promise<Bytes>;
  unlock(sealed: Bytes): Promise<Bytes | null>;
}

/** Later than the first screen: what was on its way before goes on. */
const RESUME_MS = 2_000;

export class FilesPart {
  /** `null`: not loaded. */
  readonly now = new Signal<Files | null>(null);
  private loading: Promise<Files> | null = null;
  private stopped = false;
  private resuming: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly ground: FilesGround) {
    if (ground.keeps) this.resuming = setTimeout(() => void this.resume().catch(() => undefined), RESUME_MS);
  }

  load(): Promise<Files> {
    this.loading ??= this.make();
    this.loading.catch(() => (this.loading = null));
    return this.loading;
  }

  private async make(): Promise<Files> {
    const { Files: Loaded } = await import('../files/files');
    const files = new Loaded(this.ground);
    if (this.stopped) files.end();
    else this.now.set(files);
    return files;
  }

  /** Uploads of an earlier page, if there ever were any here. */
  private async resume(): Promise<void> {
    const name = filesDatabase(this.ground.pid);
    if ((await indexedDB.databases()).some((one) => one.name === name)) await this.load();
  }

  stop(): void {
    this.stopped = true;
    if (this.resuming !== null) clearTimeout(this.resuming);
    this.now.get()?.end();
    this.now.set(null);
  }
}
