import type { Room } from '../session/api';

/** As in `session/calls.ts`: one does not call a crowd. */
const MOST = 10;

/** Whether a room is one that can be rung. */
export function callable(room: Room): boolean {
  return !room.archived && room.trouble === null && room.count > 1 && (room.kind === 'direct' || room.count <= MOST);
}
