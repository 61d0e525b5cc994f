/** What the page and its media worker say to each other. There is no message that switches encryption off. */
import type { Drop } from './frames.ts';
import type { Period, Sender } from './keys.ts';

export type ToWorker =
  /** Once, first: the meeting's 16 bytes and who this device is. Until then every frame is dropped. */
  | { readonly kind: 'setup'; readonly meeting: Uint8Array<ArrayBuffer>; readonly me: Sender }
  | { readonly kind: 'base'; readonly period: Period; readonly base: CryptoKey }
  /** Seal under this period from now on. */
  | { readonly kind: 'send'; readonly period: Period }
  | { readonly kind: 'drop'; readonly period: Period }
  | { readonly kind: 'count'; readonly re: number };

export type FromWorker =
  /** Frames are sealed under this period from now on. */
  | { readonly kind: 'sending'; readonly period: Period }
  /** A frame came for a period whose secret is not here (`tag`: keys.ts `tagOf`). At most one a second and tag. */
  | { readonly kind: 'missing'; readonly tag: number }
  /** Somebody's frame of this period was authenticated for the first time. */
  | { readonly kind: 'seen'; readonly tag: number }
  /** Whether a remote track opens: `false` after three seconds in which frames came and none did. */
  | { readonly kind: 'track'; readonly track: string; readonly opens: boolean }
  | { readonly kind: 'counts'; readonly re: number; readonly counts: Counts };

/** What the worker did since it started, in frames. */
export interface Counts {
  readonly sealed: number;
  readonly opened: number;
  readonly sendDrops: Readonly<Record<Drop, number>>;
  readonly receiveDrops: Readonly<Record<Drop, number>>;
}

/** What a transform is for: given to the worker with the track. */
export type TransformOptions =
  | { readonly side: 'send' }
  | { readonly side: 'receive'; readonly sender: Sender; readonly track: string };
