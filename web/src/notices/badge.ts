import type { Room } from '../session/api';

/** The number on the tab and on the app's icon: what is unread where the person wants to be told. */
export function badge(rooms: readonly Room[]): number {
  const count = ({ notify, unread, mentions, archived }: Room): number =>
    archived || notify === 'none' ? 0 : notify === 'all' ? unread : mentions;
  return rooms.reduce((sum, room) => sum + count(room), 0);
}
