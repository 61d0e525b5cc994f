import { lazy, Suspense, useId } from 'react';
import { useTranslation } from 'react-i18next';

import { loadTexts } from '../app/i18n';
import type { MsgId, Room } from '../session/api';
import { CloseButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { MembersPanel } from './MembersPanel';
import styles from './Panel.module.css';
import { PrivacyPanel } from './PrivacyPanel';
import type { RoomView } from './RoomContext';
import { ThreadPanel } from './ThreadPanel';

const c = classes(styles);
const SettingsPanel = lazy(async () => {
  const [module] = await Promise.all([import('../rooms/SettingsPanel'), loadTexts('rooms')]);
  return { default: module.SettingsPanel };
});

export type PanelName = 'members' | 'settings' | 'privacy' | 'thread';

/** What is shown beside the room on demand; one at a time. Escape closes it. */
export function Panel({
  name,
  room,
  onClose,
  view,
  thread,
}: {
  readonly name: PanelName;
  readonly room: Room;
  readonly onClose: () => void;
  /** The open room, once it is. */
  readonly view: RoomView | null;
  /** Of a thread its root. */
  readonly thread: MsgId | null;
}) {
  const { t } = useTranslation('chat');
  const id = useId();
  return (
    <aside
      className={c('panel')}
      aria-labelledby={id}
      onKeyDownCapture={(event) => {
        // Caught on the way in, since React Aria's parts keep keys to themselves; an open list takes Escape first.
        const list = event.target instanceof Element ? event.target.closest('[aria-expanded="true"]') : null;
        if (event.key === 'Escape' && list === null) onClose();
      }}
    >
      <div className={c('head')}>
        <h2 id={id}>{t(`${name}.title`)}</h2>
        <CloseButton label={t('panel.close')} onPress={onClose} autoFocus={name !== 'thread'} />
      </div>
      {name === 'thread' && view !== null && thread !== null && <ThreadPanel key={thread} view={view} root={thread} />}
      <div className={c('body')} hidden={name === 'thread'}>
        {name === 'members' && <MembersPanel room={room} />}
        {name === 'settings' && (
          <Suspense>
            <SettingsPanel room={room} />
          </Suspense>
        )}
        {name === 'privacy' && <PrivacyPanel room={room} />}
      </div>
    </aside>
  );
}
