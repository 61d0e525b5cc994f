// Made by scripts/wire.mjs from the wire structs in src/samrum/wire (make wire). Not to be edited by hand.
import type * as T from './types';

export function Blocked(data: unknown): data is T.Blocked;
export function Reported(data: unknown): data is T.Reported;
export function Reports(data: unknown): data is T.Reports;
export function Hooks(data: unknown): data is T.Hooks;
export function HookMade(data: unknown): data is T.HookMade;
export function Export(data: unknown): data is T.Export;
