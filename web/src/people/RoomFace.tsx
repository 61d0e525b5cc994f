import { Hash, Megaphone, UsersRound } from 'lucide-react';

import type { Room } from '../session/api';
import { classes } from '../ui/classes';
import styles from './RoomFace.module.css';

const c = classes(styles);

/** A room's picture, or a sign of its kind. Says nothing that the name beside it does not say. */
export function RoomFace({ room, large = false }: { readonly room: Pick<Room, 'id' | 'kind' | 'post' | 'picture'>; readonly large?: boolean }) {
  const Sign = room.kind === 'group' ? UsersRound : room.post === 'moderator' ? Megaphone : Hash;
  return (
    <span className={c('face', large && 'large')}>
      {room.picture === null ? (
        <Sign aria-hidden="true" />
      ) : (
        <img className={c('picture')} src={`/rooms/${room.id}/picture?v=${room.picture}`} alt="" loading="lazy" decoding="async" />
      )}
    </span>
  );
}
