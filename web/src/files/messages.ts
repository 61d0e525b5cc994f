/** What goes between the page and the files' worker: bytes and numbers, never a name. */
import type { Access } from '../doors/objects';
import type { Bytes } from '../wire/bytes';
import type { Pixels } from './pictures';

/** An object and how it is sealed. */
export interface Sealing {
  readonly object: string;
  /** 32 bytes. */
  readonly key: Bytes;
  readonly header: Bytes;
  /** Bytes of the file. */
  readonly size: number;
}

/** Of a segment that may have left this device: its number, and SHA-256 of its plain text. */
export type Mark = readonly [number, Bytes];

/** Work that the worker does, by name: what it is given and what it answers. */
export interface Work {
  /**
   * Seals bytes `from` to `to` of the object, and holds them for `put`; `to` is its end or lies between segments. Refuses with
   * `file_changed` if a segment of `marks` is not what it was: no segment is ever sealed twice with different contents.
   */
  seal: { given: { file: Blob; sealing: Sealing; from: number; to: number; marks: readonly Mark[] }; answer: readonly Mark[] };
  /** Seals all of it; at most `WHOLE` bytes. */
  whole: { given: { file: Blob; sealing: Sealing }; answer: Blob };
  /** Sends what was sealed, or what is given: how many bytes relay has then. */
  put: { given: { access: Access; object: string; from: number; sealed: Blob | null }; answer: number };
  /** Gives up the `put` of an object that is under way. */
  stop: { given: { object: string }; answer: undefined };
  /** The file's bytes in whole segments from number `first` on. */
  open: { given: { sealing: Sealing; first: number; sealed: Bytes }; answer: Bytes };
  /** What a picture measures, and the same picture without what else it says, if it says anything. */
  picture: { given: { file: Blob }; answer: { pixels: Pixels | null; bare: Blob | null } };
  /** A small picture of a picture, at most `side` pixels wide and high. */
  small: { given: { file: Blob; side: number }; answer: Blob };
}

export type WorkName = keyof Work;

export type Call = { [K in WorkName]: { readonly id: number; readonly name: K; readonly given: Work[K]['given'] } }[WorkName];

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly code: string; readonly retryAfter: number | undefined };
