/** Whether a notice would have been shown in a session that the browser has not been asked about yet: then it is offered. */
import type { Session } from '../session/api';
import { Signal } from '../session/signal';

const made = new WeakMap<Session, Signal<boolean>>();

export function wantedOf(session: Session): Signal<boolean> {
  const found = made.get(session) ?? new Signal(false);
  made.set(session, found);
  return found;
}
