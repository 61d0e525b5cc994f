/** Text that is not sent yet, by room, in memory only; it goes with the session. */
import type { RoomId, Session } from '../session/api';

const bySession = new WeakMap<Session, Map<RoomId, string>>();

export function draftsOf(session: Session): Map<RoomId, string> {
  let drafts = bySession.get(session);
  if (drafts === undefined) {
    drafts = new Map();
    bySession.set(session, drafts);
  }
  return drafts;
}

/** Whether something was written and not sent. */
export function unsent(session: Session): boolean {
  return [...(bySession.get(session)?.values() ?? [])].some((text) => text.trim() !== '');
}
