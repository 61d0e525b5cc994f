import type { Room } from '../session/api';

/** As in `session/calls.ts`: one does not call a crowd. */
const MOST = 10;

/** Whether this person can ring a room: a small one, with somebody else in it, where they may write. */
export function callable({ archived, trouble, post, myRole, kind, count }: Room): boolean {
  const mayWrite = post === 'member' || myRole === 'owner' || myRole === 'moderator';
  return !archived && trouble === null && mayWrite && count > 1 && (kind === 'direct' || count <= MOST);
}
