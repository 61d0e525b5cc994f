/** One session's {@link Ringing}, for the button that rings and the cards that show it. */
import type { Session } from '../session/api';
import { Ringing } from './ringing';

const made = new WeakMap<Session, Ringing>();

export function ringingOf(session: Session): Ringing {
  const found = made.get(session) ?? new Ringing(session);
  made.set(session, found);
  return found;
}

/** The screens are gone. */
export function endRinging(session: Session): void {
  made.get(session)?.close();
  made.delete(session);
}
