import { X } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';

import type { Room } from '../session/api';
import { IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { MembersPanel } from './MembersPanel';
import styles from './Panel.module.css';
import { PrivacyPanel } from './PrivacyPanel';
import { SettingsPanel } from './SettingsPanel';

const c = classes(styles);

export type PanelName = 'members' | 'settings' | 'privacy';

/** What is shown beside the room on demand; one at a time. Escape closes it. */
export function Panel({ name, room, onClose }: { readonly name: PanelName; readonly room: Room; readonly onClose: () => void }) {
  const { t } = useTranslation('chat');
  const id = useId();
  return (
    <aside
      className={c('panel')}
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose();
      }}
    >
      <div className={c('head')}>
        <h2 id={id}>{t(`${name}.title`)}</h2>
        <IconButton label={t('panel.close')} onPress={onClose} autoFocus>
          <X aria-hidden="true" />
        </IconButton>
      </div>
      <div className={c('body')}>
        {name === 'members' && <MembersPanel room={room} />}
        {name === 'settings' && <SettingsPanel room={room} />}
        {name === 'privacy' && <PrivacyPanel room={room} />}
      </div>
    </aside>
  );
}
