/** Reads a file from relay: by ranges, each segment verified before a byte of it is used. */
import { read, type Access } from '../doors/objects';
import { Refusal } from '../doors/refusal';
import type { FileRef } from '../session/api';
import { HEADER_BYTES } from '../wire/aead';
import type { Bytes } from '../wire/bytes';
import { layoutOf, plainOf, SEGMENT, segmentAt, type Layout } from './segments';
import type { FilesWorker } from './worker';

/** Segments of one request. */
const AT_ONCE = 2;
/** How often one request is made before relay counts as away. */
const TRIES = 6;

export class Reader {
  private readonly layout: Layout;
  private header: Promise<Bytes> | null = null;

  constructor(
    private readonly file: FileRef,
    private readonly worker: FilesWorker,
    private readonly access: () => Access,
  ) {
    this.layout = layoutOf(file.size);
  }

  /** The file's bytes `from` to `to`, in order. Rejects with `cannot_open` for bytes that are not the file's, whatever was done to them. */
  async *bytes(from: number, to: number, signal: AbortSignal): AsyncGenerator<Bytes, void> {
    if (from >= to) {
      // An empty file is one segment all the same, and has to be the right one.
      if (this.file.size === 0) await this.segments(0, 1, signal);
      return;
    }
    const last = segmentAt(to - 1);
    let at = segmentAt(from);
    let many = 1; // the first bytes soon, then fewer requests
    let next = this.soon(at, Math.min(last + 1, at + many), signal);
    while (at <= last) {
      const plain = await next;
      const start = plainOf(this.layout, at)[0];
      at = Math.min(last + 1, at + many);
      if (at <= last) {
        many = AT_ONCE;
        next = this.soon(at, Math.min(last + 1, at + many), signal);
      }
      yield plain.subarray(Math.max(0, from - start), Math.max(0, to - start));
    }
  }

  /** All of it, in memory. */
  async whole(signal: AbortSignal): Promise<Blob> {
    const parts: Blob[] = [];
    for await (const part of this.bytes(0, this.file.size, signal)) parts.push(new Blob([part]));
    return new Blob(parts);
  }

  private soon(first: number, end: number, signal: AbortSignal): Promise<Bytes> {
    const work = this.segments(first, end, signal);
    work.catch(() => undefined); // it is waited for later, or not at all
    return work;
  }

  private async segments(first: number, end: number, signal: AbortSignal): Promise<Bytes> {
    const { object, key, size } = this.file;
    const from = first * SEGMENT;
    const sealed = await this.read(from, Math.min(this.layout.sealed, end * SEGMENT), signal);
    const header = first === 0 ? sealed.slice(0, HEADER_BYTES) : await this.head(signal);
    if (first === 0) this.header ??= Promise.resolve(header);
    return this.worker.do('open', { sealing: { object, key, header, size }, first, sealed }, sealed.length, [sealed.buffer]);
  }

  private head(signal: AbortSignal): Promise<Bytes> {
    if (this.header === null) {
      this.header = this.read(0, HEADER_BYTES, signal);
      this.header.catch(() => (this.header = null));
    }
    return this.header;
  }

  /** Relay away for a moment is not the end of a long download. */
  private async read(from: number, to: number, signal: AbortSignal): Promise<Bytes> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await read(this.access(), this.file.object, from, to, signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof Refusal) || error.code !== 'relay_away' || tries === TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tries));
      }
    }
  }
}
