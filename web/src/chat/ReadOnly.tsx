import { Archive, Megaphone } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Room } from '../session/api';
import { classes } from '../ui/classes';
import styles from './ReadOnly.module.css';

const c = classes(styles);

/** Whether this person may write in the room, as far as it looks here; relay and the other clients decide by the signed roster. */
export function mayWrite(room: Room): boolean {
  return !room.archived && (room.post === 'member' || room.myRole === 'owner' || room.myRole === 'moderator');
}

/** Why there is nowhere to write. */
export function ReadOnly({ room }: { readonly room: Room }) {
  const { t } = useTranslation('chat');
  const Sign = room.archived ? Archive : Megaphone;
  return (
    <p className={c('readOnly')}>
      <Sign aria-hidden="true" />
      {t(room.archived ? 'readOnly.archived' : 'readOnly.announcements')}
    </p>
  );
}
