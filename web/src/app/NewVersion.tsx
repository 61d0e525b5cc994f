import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { unsent } from '../chat/drafts';
import { newer } from '../sw/keep';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Notice } from '../ui/Notice';
import { useReadable } from '../ui/useReadable';
import styles from './Banner.module.css';
import { useSession } from './SessionContext';

const c = classes(styles);

/** Nobody has touched the page for so long, or looked at it: then it may be loaded anew. */
const IDLE_MS = 10 * 60_000;
const HIDDEN_MS = 60_000;
const LOOK_MS = 5_000;

/** Home serves a newer client: says so, and loads it when the page is idle; never in a meeting or over text that is not sent. */
export function NewVersion({ inMeeting }: { readonly inMeeting: boolean }) {
  const { t } = useTranslation('app');
  const session = useSession();
  const ready = useReadable(newer);
  const [kept, setKept] = useState(false);

  useEffect(() => {
    if (!ready || inMeeting) return undefined;
    let touched = Date.now();
    let seen = Date.now();
    const touch = () => {
      touched = Date.now();
    };
    const look = setInterval(() => {
      if (!document.hidden) seen = Date.now();
      const idle = Date.now() - touched > IDLE_MS || Date.now() - seen > HIDDEN_MS;
      if (idle && !unsent(session)) location.reload();
    }, LOOK_MS);
    addEventListener('keydown', touch);
    addEventListener('pointerdown', touch);
    return () => {
      clearInterval(look);
      removeEventListener('keydown', touch);
      removeEventListener('pointerdown', touch);
    };
  }, [ready, inMeeting, session]);

  if (!ready) return null;
  const load = () => {
    if (unsent(session)) setKept(true);
    else location.reload();
  };
  return (
    <div className={c('banner')} role="status">
      <Notice title={t('newer.title')} actions={!inMeeting && <Button small onPress={load}>{t('newer.load')}</Button>}>
        {inMeeting ? t('newer.meeting') : kept ? t('newer.unsent') : t('newer.text')}
      </Notice>
    </div>
  );
}
