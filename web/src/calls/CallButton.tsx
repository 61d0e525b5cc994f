import { Phone } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useSession } from '../app/SessionContext';
import type { Room } from '../session/api';
import { IconButton } from '../ui/Button';
import { callable } from './callable';
import { ringingOf } from './ringingOf';

/** Rings the people of a small room. What comes of it, the cards show (`Rings`). */
export function CallButton({ room, isDisabled }: { readonly room: Room; readonly isDisabled: boolean }) {
  const { t } = useTranslation('calls');
  const session = useSession();
  if (!callable(room)) return null;
  return (
    <IconButton label={t('call')} isDisabled={isDisabled || room.meeting !== null} onPress={() => void ringingOf(session).call(room)}>
      <Phone aria-hidden="true" />
    </IconButton>
  );
}
