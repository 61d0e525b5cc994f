import type { Doorway } from '../session/api';

let loading: Promise<Doorway> | undefined;

/** The way to a session, in a chunk of its own that loads while the first screen draws. */
export function loadDoorway(): Promise<Doorway> {
  loading ??= import('../session/index').then((module) => module.doorway);
  return loading;
}
