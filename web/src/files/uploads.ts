/**
 * Files on their way to relay: sealed piece by piece, paused, resumed, tried again, also after a reload.
 *
 * An upload is a message's attachment once it is `done`; `take` hands those of a room to a message, `settle` says whether it was sent.
 * What goes wrong stays with the upload as a code. Two go at a time.
 */
import * as objects from '../doors/objects';
import { codeOf, Refusal } from '../doors/refusal';
import type { Connection, FileRef, Readable, RoomId } from '../session/api';
import { Signal } from '../session/signal';
import { random } from '../wire/bytes';
import { readable, type Chosen } from './handles';
import { KeptUploads, type Facts, type KeptUpload, type Sealed } from './kept';
import { kindOf, UNASKED, WHOLE } from './kinds';
import { secondsOf } from './length';
import type { Mark } from './messages';
import { sentName } from './names';
import { layoutOf, MAX_FILE, newHeader, SEGMENT } from './segments';
import type { FilesWorker } from './worker';

export type UploadState =
  | 'preparing'
  | 'queued'
  | 'sending'
  | 'waiting' // tried again by itself; `code` says what for
  | 'paused'
  | 'asks_file' // after a reload: the person chooses the same file again
  | 'asks_leave' // after a reload: the browser wants to be asked whether the file may be read
  | 'done'
  | 'failed';

/** What a screen sees of an upload. */
export interface Upload {
  readonly id: string;
  readonly room: RoomId;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** 0 to 1. */
  readonly sent: number;
  readonly state: UploadState;
  readonly code: string | null;
  /** The file as a message has it; it opens once `state` is `done`. */
  readonly file: FileRef | null;
  /** Place, time and camera were left out of a picture. */
  readonly bare: boolean;
  /** A small picture of a picture. */
  readonly preview: Blob | null;
}

/** What uploads stand on. */
export interface UploadGround {
  readonly worker: FilesWorker;
  /** `null`: nothing is kept here. */
  readonly kept: KeptUploads | null;
  readonly connection: Readable<Connection>;
  access(): objects.Access;
}

const AT_A_TIME = 2;
/** Segments of one request at most; fewer where the way is slow. */
const MOST = 2;
const FAST_MS = 1_000;
const SLOW_MS = 4_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const PREVIEW_SIDE = 160;
/** What passes by itself. */
const PASSING = new Set(['relay_away', 'bad_grant', 'grant_expired', 'rate_limited', 'store_failed', 'offset_gap', 'restart']);

type Source = { readonly is: 'file'; readonly file: Blob } | { readonly is: 'handle'; readonly handle: FileSystemFileHandle } | { readonly is: 'sealed'; readonly blob: Blob };

interface Job {
  readonly id: string;
  readonly room: RoomId;
  readonly order: number;
  facts: Facts;
  source: Source | null;
  sealed: Sealed | null;
  marks: readonly Mark[];
  /** Bytes at relay, as it said last; `null`: it has to be asked. */
  have: number | null;
  state: UploadState;
  code: string | null;
  preview: Blob | null;
  prepared: boolean;
  /** In a message that is about to be sent. */
  taken: boolean;
  /** Ends the run that is under way. */
  stop: AbortController | null;
  /** Gives up this tab's hold on the kept record. */
  release: () => void;
}

export class Uploads {
  private readonly jobs = new Map<string, Job>();
  private readonly lists = new Map<RoomId, Signal<readonly Upload[]>>();
  private active = 0;
  /** Ends the waits of those that try again. */
  private readonly waking = new Set<() => void>();
  private readonly ended = new AbortController();
  private readonly unsubscribe: () => void;

  constructor(private readonly ground: UploadGround) {
    this.unsubscribe = ground.connection.subscribe(() => {
      if (ground.connection.get() === 'online') this.wake();
    });
  }

  of(room: RoomId): Readable<readonly Upload[]> {
    return this.listOf(room);
  }

  /** Begins one upload. Throws `file_too_large`. */
  add(room: RoomId, { file, handle }: Chosen): void {
    if (file.size > MAX_FILE) throw new Refusal('file_too_large');
    const facts = { name: sentName(file.name), type: file.type.slice(0, 127), size: file.size, modified: file.lastModified, bare: false };
    const job = this.newJob(crypto.randomUUID(), room, facts);
    job.source = handle === null ? { is: 'file', file } : { is: 'handle', handle };
    this.queue(job);
  }

  pause(id: string): void {
    const job = this.jobs.get(id);
    if (job === undefined || job.state === 'done') return;
    this.show(job, 'paused');
    job.stop?.abort();
  }

  /** Goes on, or tries again. Call it in the press of a button: the browser may ask whether the file may be read. */
  async resume(id: string): Promise<void> {
    const job = this.jobs.get(id);
    if (job === undefined || job.state === 'done') return;
    if (job.source?.is === 'handle' && !(await readable(job.source.handle, true))) return;
    this.queue(job);
  }

  /** The same file, chosen again after a reload; `false`: it is another one. */
  again(id: string, { file, handle }: Chosen): boolean {
    const job = this.jobs.get(id);
    if (job?.state !== 'asks_file') return true;
    if (file.size !== job.facts.size || file.lastModified !== job.facts.modified) return false;
    job.source = handle === null ? { is: 'file', file } : { is: 'handle', handle };
    this.queue(job);
    return true;
  }

  cancel(id: string): void {
    const job = this.jobs.get(id);
    if (job === undefined) return;
    this.forget(job);
    job.stop?.abort();
    if (job.sealed !== null) void objects.drop(this.ground.access(), job.sealed.object).catch(() => undefined);
  }

  /** The room's finished files, for a message that is about to be sent. */
  take(room: RoomId): readonly FileRef[] {
    const done = this.ordered(room).filter(({ state, taken }) => state === 'done' && !taken);
    for (const job of done) job.taken = true;
    this.tell(room);
    return done.flatMap((job) => refOf(job) ?? []);
  }

  /** The message is on its way, or it is not and its files are attachments again. */
  settle(files: readonly FileRef[], sent: boolean): void {
    const names = new Set(files.map(({ object }) => object));
    for (const job of [...this.jobs.values()]) {
      if (!job.taken || job.sealed === null || !names.has(job.sealed.object)) continue;
      if (sent) this.forget(job);
      else job.taken = false;
      this.tell(job.room);
    }
  }

  /** Takes up what was on its way before; what another tab still has, when that ends. */
  async load(): Promise<void> {
    const { kept } = this.ground;
    for (const id of (await kept?.ids()) ?? []) {
      if (this.jobs.has(id)) continue;
      void this.hold(id).then((release) => this.adopt(id, release), () => undefined);
    }
  }

  end(): void {
    this.ended.abort();
    this.unsubscribe();
    for (const job of this.jobs.values()) {
      job.stop?.abort();
      job.release();
    }
    this.ground.kept?.close();
  }

  // ---- one upload

  private newJob(id: string, room: RoomId, facts: Facts, order = Date.now() + this.jobs.size / 1000): Job {
    const job: Job = {
      id, room, order, facts, source: null, sealed: null, marks: [], have: null, state: 'queued', code: null, preview: null,
      prepared: false, taken: false, stop: null, release: () => undefined,
    };
    this.jobs.set(id, job);
    return job;
  }

  /** Looks at the file before it is sealed: a picture loses what it says besides, sound and film get their length. */
  private async prepare(job: Job): Promise<void> {
    const file = await this.current(job);
    if (file === null) return;
    const kind = kindOf(job.facts.type);
    if (kind === 'picture' && file.size <= WHOLE) {
      const found = await this.ground.worker.do('picture', { file }).catch(() => null);
      if (found?.pixels) job.facts = { ...job.facts, ...found.pixels };
      if (found?.bare) {
        job.facts = { ...job.facts, size: found.bare.size, bare: true };
        job.source = { is: 'file', file: found.bare };
      }
      if (file.size <= UNASKED) job.preview = await this.ground.worker.do('small', { file, side: PREVIEW_SIDE }).catch(() => null);
    }
    if (kind === 'audio' || kind === 'video') {
      const seconds = await secondsOf(file, kind);
      if (seconds !== null) job.facts = { ...job.facts, seconds };
    }
  }

  private async adopt(id: string, release: () => void): Promise<void> {
    const found = await this.ground.kept?.get(id).catch(() => undefined);
    if (found === undefined || this.ended.signal.aborted) {
      release();
      return;
    }
    const job = this.newJob(id, found.room, found.facts, found.order);
    Object.assign(job, { sealed: found.sealed, marks: found.marks, source: sourceOf(found), prepared: true, release });
    if (found.done) this.show(job, 'done');
    else if (job.source === null) this.show(job, 'asks_file');
    else if (job.source.is === 'handle' && !(await readable(job.source.handle, false))) this.show(job, 'asks_leave');
    else this.queue(job);
    if (job.sealed === null) return;
    const state = await objects.state(this.ground.access(), job.sealed.object).catch(codeOf);
    // Relay forgets after a day what no message links.
    if (state === 'not_found') this.fail(job, 'upload_lost');
    else if (typeof state !== 'string' && job.stop === null) {
      job.have = state.have;
      this.tell(job.room);
    }
  }

  private queue(job: Job): void {
    if (!this.jobs.has(job.id) || job.state === 'sending') return;
    this.show(job, 'queued');
    this.next();
  }

  private next(): void {
    for (const job of this.inOrder()) {
      if (this.active >= AT_A_TIME) return;
      if (job.state === 'queued' && job.stop === null) void this.run(job);
    }
  }

  private async run(job: Job): Promise<void> {
    this.active += 1;
    const stop = new AbortController();
    job.stop = stop;
    const stopped = (): boolean => stop.signal.aborted;
    this.show(job, job.prepared ? 'sending' : 'preparing');
    for (let failures = 0; !stopped();) {
      try {
        await this.send(job, stop.signal, () => (failures = 0));
        break;
      } catch (error) {
        if (stopped()) break;
        const code = codeOf(error);
        if (code === 'offset_gap') job.have = null;
        if (!PASSING.has(code)) {
          this.fail(job, code === 'not_found' ? 'upload_lost' : code);
          break;
        }
        failures += 1;
        this.show(job, 'waiting', code);
        await this.wait(stop.signal, error, failures);
        if (!stopped()) this.show(job, 'sending');
      }
    }
    job.stop = null;
    this.active -= 1;
    this.next();
  }

  /** Sends what relay does not have yet. */
  private async send(job: Job, signal: AbortSignal, advanced: () => void): Promise<void> {
    const access = (): objects.Access => this.ground.access();
    if (!job.prepared) {
      await this.prepare(job);
      job.prepared = true;
      signal.throwIfAborted();
      this.show(job, 'sending');
    }
    const layout = layoutOf(job.facts.size);
    job.sealed ??= await this.begin(job, layout.sealed);
    const { sealed } = job;
    job.have ??= (await objects.state(access(), sealed.object)).have;
    for (let many = 1; job.have < layout.sealed;) {
      signal.throwIfAborted();
      const from: number = job.have;
      const to = Math.min(layout.sealed, (Math.floor(from / SEGMENT) + many) * SEGMENT);
      const since = performance.now();
      job.have = await this.piece(job, sealed, from, to, signal);
      const took = performance.now() - since;
      if (took < FAST_MS) many = Math.min(MOST, many * 2);
      else if (took > SLOW_MS) many = Math.max(1, Math.floor(many / 2));
      advanced();
      this.tell(job.room);
    }
    // The file may have changed after its last piece was read: then what relay has is no file at all.
    await this.current(job);
    job.marks = [];
    job.source = null;
    await this.keep(job, true);
    this.show(job, 'done');
  }

  /** An object for the file, and a record of it. */
  private async begin(job: Job, size: number): Promise<Sealed> {
    const { object } = await objects.begin(this.ground.access(), size);
    const sealed = { object, key: random(32), header: newHeader() };
    job.have = 0;
    job.release = await this.hold(job.id);
    if (this.ground.kept !== null && job.source?.is === 'file' && job.facts.size <= WHOLE) {
      // A file that could not be found again after a reload: its object's bytes are kept.
      const { file } = job.source;
      const { size } = job.facts;
      job.source = { is: 'sealed', blob: await this.ground.worker.do('whole', { file, sealing: { ...sealed, size } }, size) };
    }
    await this.keep({ ...job, sealed });
    return sealed;
  }

  /** Seals and sends bytes `from` to `to` of the object; how many relay has then. */
  private async piece(job: Job, sealed: Sealed, from: number, to: number, signal: AbortSignal): Promise<number> {
    const hand = this.ground.worker.borrow();
    const stop = (): void => void hand.do('stop', { object: sealed.object }).catch(() => undefined);
    signal.addEventListener('abort', stop);
    try {
      const file = await this.current(job);
      if (file !== null) {
        const sealing = { ...sealed, size: job.facts.size };
        // Durable before a byte leaves: after a reload the same segment may go again only if it still says the same.
        job.marks = await hand.do('seal', { file, sealing, from, to, marks: job.marks }, to - from);
        await this.keep(job);
      }
      signal.throwIfAborted();
      const whole = job.source?.is === 'sealed' ? job.source.blob.slice(from, to) : null;
      return await hand.do('put', { access: this.ground.access(), object: sealed.object, from, sealed: whole }, to - from);
    } finally {
      signal.removeEventListener('abort', stop);
      hand.release();
    }
  }

  /** The file as it is now; `null` where it is not needed any more. Rejects with `file_changed`. */
  private async current({ source, facts }: Job): Promise<Blob | null> {
    if (source === null || source.is === 'sealed') return null;
    if (source.is === 'file') return source.file;
    const file = await source.handle.getFile().catch(() => null);
    if (file?.size !== facts.size || file.lastModified !== facts.modified) throw new Refusal('file_changed');
    return file;
  }

  private async wait(signal: AbortSignal, error: unknown, failures: number): Promise<void> {
    const asked = error instanceof Refusal && error.retryAfter !== undefined ? error.retryAfter * 1000 : 0;
    const ms = Math.max(asked, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.5 + Math.random()));
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waking.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (asked === 0) this.waking.add(done);
      signal.addEventListener('abort', done);
    });
  }

  private wake(): void {
    for (const done of [...this.waking]) done();
  }

  private fail(job: Job, code: string): void {
    // Nothing of a file that changed may be sent: it begins anew if the person chooses it again.
    if (code === 'file_changed' || code === 'upload_lost') {
      const { sealed } = job;
      job.sealed = null;
      job.marks = [];
      job.have = null;
      job.source = null;
      void this.ground.kept?.drop(job.id).catch(() => undefined);
      if (sealed !== null && code === 'file_changed') void objects.drop(this.ground.access(), sealed.object).catch(() => undefined);
    }
    this.show(job, 'failed', code);
  }

  private forget(job: Job): void {
    this.jobs.delete(job.id);
    void this.ground.kept?.drop(job.id).catch(() => undefined);
    job.release();
    this.tell(job.room);
  }

  // ---- what is kept, and by which tab

  private async keep(job: Job, done = false): Promise<void> {
    if (!this.jobs.has(job.id)) return;
    const { id, room, order, facts, sealed, marks, source } = job;
    const kept = source?.is === 'handle' ? source.handle : source?.is === 'sealed' ? source.blob : null;
    // What cannot be kept goes on all the same, until the page is closed.
    await this.ground.kept?.put({ id, room, order, facts, sealed, marks, done, source: kept }).catch(() => undefined);
  }

  /** Holds the record for this tab until it is let go; waits as long as another tab has it. */
  private hold(id: string): Promise<() => void> {
    if (this.ground.kept === null) return Promise.resolve(() => undefined);
    return new Promise((resolve, reject) => {
      const held = (): Promise<void> =>
        new Promise((release) => {
          resolve(release);
        });
      navigator.locks.request(`samrum.upload.${id}`, { signal: this.ended.signal }, held).catch(reject);
    });
  }

  // ---- what screens see

  private listOf(room: RoomId): Signal<readonly Upload[]> {
    const found = this.lists.get(room) ?? new Signal<readonly Upload[]>([]);
    this.lists.set(room, found);
    return found;
  }

  private inOrder(): Job[] {
    return [...this.jobs.values()].sort((a, b) => a.order - b.order);
  }

  private ordered(room: RoomId): Job[] {
    return this.inOrder().filter((job) => job.room === room);
  }

  private show(job: Job, state: UploadState, code: string | null = null): void {
    job.state = state;
    job.code = code;
    this.tell(job.room);
  }

  private tell(room: RoomId): void {
    this.listOf(room).set(this.ordered(room).filter(({ taken }) => !taken).map(viewOf));
  }
}

function sourceOf({ source }: KeptUpload): Source | null {
  if (source === null) return null;
  return source instanceof Blob ? { is: 'sealed', blob: source } : { is: 'handle', handle: source };
}

function refOf({ facts, sealed }: Job): FileRef | null {
  if (sealed === null) return null;
  const { name, type, size, width, height, seconds } = facts;
  return {
    name, type, size, key: sealed.key, object: sealed.object,
    ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }), ...(seconds === undefined ? {} : { seconds }),
  };
}

function viewOf(job: Job): Upload {
  const { id, room, facts, state, code, preview, have } = job;
  const sent = state === 'done' ? 1 : (have ?? 0) / layoutOf(facts.size).sealed;
  return { id, room, name: facts.name, type: facts.type, size: facts.size, sent, state, code, file: state === 'done' ? refOf(job) : null, bare: facts.bare, preview };
}
