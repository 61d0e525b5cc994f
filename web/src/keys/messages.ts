/** What goes between the page and the keys' worker. */
import type { Vault } from './vault';

export interface Call {
  readonly id: number;
  readonly method: keyof Vault;
  readonly args: readonly unknown[];
}

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly code: string };
