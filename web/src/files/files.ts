/**
 * Files of a session: sending them, and opening those of messages. It loads when the first one is attached or shown.
 *
 * Small files are opened whole, for pictures and PDF. Large ones go piece by piece: to the place that the person chose, or through the
 * service worker (`streams.ts`) to a player that seeks, or to the browser's own downloads.
 */
import { Refusal } from '../doors/refusal';
import type { FileRef, Readable, RoomId } from '../session/api';
import type { FilesGround } from '../session/files';
import { pickPlace, type Chosen } from './handles';
import { KeptUploads } from './kept';
import { kindOf, servedType, WHOLE } from './kinds';
import { savedName } from './names';
import { Reader } from './reader';
import { Streams } from './streams';
import { Uploads, type Upload } from './uploads';
import { FilesWorker } from './worker';

/** An address of a file's contents, for as long as it is not released. */
export interface Opened {
  readonly url: string;
  release(): void;
}

/** Small pictures that are kept in memory. */
const SMALL_KEPT = 100;
const SMALL_SIDE = 640;

export class Files {
  private readonly worker = new FilesWorker();
  private readonly streams = new Streams();
  readonly sending: Uploads;
  private readonly readers = new Map<string, Reader>();
  /** By object, the latest used last. */
  private readonly smalls = new Map<string, Promise<Blob>>();
  private readonly ended = new AbortController();

  constructor(private readonly ground: FilesGround) {
    const kept = ground.keeps ? new KeptUploads(ground.pid, ground) : null;
    const { worker } = this;
    this.sending = new Uploads({ worker, kept, connection: ground.connection, access: () => ground.access() });
    void this.sending.load().catch(() => undefined);
  }

  // ---- sending

  /** Begins to send a file to relay, for a message in that room. Throws `file_too_large`. */
  upload(room: RoomId, chosen: Chosen): void {
    this.sending.add(room, chosen);
  }

  uploads(room: RoomId): Readable<readonly Upload[]> {
    return this.sending.of(room);
  }

  // ---- opening

  /** The whole file; at most {@link WHOLE} bytes. Rejects with `cannot_open`, `not_found`, `relay_away`, `file_too_large`. */
  async url(file: FileRef): Promise<Opened> {
    if (file.size > WHOLE) throw new Refusal('file_too_large');
    const blob = await this.reader(file).whole(this.ended.signal);
    return opened(new Blob([blob], { type: servedType(file.type) }));
  }

  /** A small picture of a picture. Rejects also with `no_picture`. */
  async small(file: FileRef): Promise<Opened> {
    const { object } = file;
    const made = this.smalls.get(object) ?? this.makeSmall(file);
    this.smalls.delete(object);
    this.smalls.set(object, made);
    const [oldest] = this.smalls.keys();
    if (this.smalls.size > SMALL_KEPT && oldest !== undefined) this.smalls.delete(oldest);
    made.catch(() => this.smalls.delete(object));
    return opened(await made);
  }

  private async makeSmall(file: FileRef): Promise<Blob> {
    if (file.size > WHOLE) throw new Refusal('no_picture');
    const blob = await this.reader(file).whole(this.ended.signal);
    return this.worker.do('small', { file: new Blob([blob], { type: servedType(file.type) }), side: SMALL_SIDE });
  }

  /** Bytes of a PDF, for the viewer. */
  async bytes(file: FileRef): Promise<ArrayBuffer> {
    if (file.size > WHOLE) throw new Refusal('file_too_large');
    return (await this.reader(file).whole(this.ended.signal)).arrayBuffer();
  }

  /** Something that plays: through the service worker, so that one can seek in a large file; without one as a whole, if it is not too large. */
  async stream(file: FileRef): Promise<Opened> {
    const kind = kindOf(file.type);
    const through = kind === 'audio' || kind === 'video' ? await this.streams.open(this.reader(file), { size: file.size, type: servedType(file.type) }) : null;
    if (through !== null) return through;
    if (file.size > WHOLE) throw new Refusal('cannot_stream');
    return this.url(file);
  }

  /** Saves the file where the person wants it. Resolves when it is there, or with `false` if they changed their mind. Call it in the press of a button. */
  async save(file: FileRef, progress: (part: number) => void, signal: AbortSignal): Promise<boolean> {
    const name = savedName(file.name);
    if (file.size <= WHOLE) {
      const whole = opened(new Blob([await this.reader(file).whole(signal)], { type: 'application/octet-stream' }));
      download(whole.url, name);
      setTimeout(() => whole.release(), 60_000);
      return true;
    }
    const place = await pickPlace(name);
    if (place === undefined) return false;
    if (place !== null) {
      await this.write(file, place, progress, signal);
      return true;
    }
    const through = await this.streams.open(this.reader(file), { size: file.size, type: 'application/octet-stream', name });
    if (through === null) throw new Refusal('cannot_stream');
    location.assign(through.url);
    return true;
  }

  private async write(file: FileRef, place: FileSystemFileHandle, progress: (part: number) => void, signal: AbortSignal): Promise<void> {
    // What is written shows in its place only when it is closed: a download that breaks off leaves nothing.
    const target = await place.createWritable();
    try {
      let written = 0;
      for await (const part of this.reader(file).bytes(0, file.size, signal)) {
        await target.write(part);
        written += part.length;
        progress(written / file.size);
      }
      await target.close();
    } catch (error) {
      await target.abort().catch(() => undefined);
      throw error instanceof Refusal || signal.aborted ? error : new Refusal('disk_full');
    }
  }

  private reader(file: FileRef): Reader {
    const found = this.readers.get(file.object) ?? new Reader(file, this.worker, () => this.ground.access());
    this.readers.set(file.object, found);
    return found;
  }

  end(): void {
    this.ended.abort();
    this.sending.end();
    this.streams.end();
    this.worker.end();
    this.smalls.clear();
  }
}

function opened(blob: Blob): Opened {
  const url = URL.createObjectURL(blob);
  return {
    url,
    release() {
      URL.revokeObjectURL(url);
    },
  };
}

function download(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}
