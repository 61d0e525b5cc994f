import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { useSession } from '../app/SessionContext';
import type { Pid, PresenceState } from '../session/api';
import { classes } from '../ui/classes';
import { useReadable } from '../ui/useReadable';
import styles from './PresenceDot.module.css';

const c = classes(styles);

/** How present a person is, for as long as the component is on the screen. */
export function usePresence(pid: Pid): PresenceState {
  return useReadable(useSession().presence(pid));
}

/** A mark at an avatar's corner; nothing marks who is offline. With `id` the word for it is no part of the text, but of that id for `aria-describedby`. */
export function PresenceDot({ pid, id, children }: { readonly pid: Pid; readonly id?: string; readonly children: ReactNode }) {
  const { t } = useTranslation('people');
  const state = usePresence(pid);
  return (
    <span className={c('place')}>
      {children}
      {state !== 'offline' && <span className={c('dot', state !== 'online' && state)} aria-hidden="true" />}
      <span id={id} className="hidden-text" aria-hidden={id === undefined ? undefined : true}>
        {t(`presence.${state}`)}
      </span>
    </span>
  );
}
