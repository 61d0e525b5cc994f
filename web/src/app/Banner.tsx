import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Notice } from '../ui/Notice';
import { Problem } from '../ui/Problem';
import { useReadable } from '../ui/useReadable';
import styles from './Banner.module.css';
import { useSession } from './SessionContext';

const c = classes(styles);
/** Few devices ever ask. */
const NewDevices = lazy(() => import('./NewDevices').then((module) => ({ default: module.NewDevices })));

/** How the connection and the ledger are, when they are not as they should be: what stopped, what is kept, what goes on. */
export function Banner() {
  const { t } = useTranslation('app');
  const session = useSession();
  const connection = useReadable(session.connection);
  const alarm = useReadable(session.alarm);
  const [failure, setFailure] = useState<unknown>();
  const asks = useReadable(session.askingDevices).length > 0;
  const [asked, setAsked] = useState(false);
  if (asks && !asked) setAsked(true);

  const takeOver = async () => {
    setFailure(undefined);
    try {
      await session.useHere();
    } catch (error) {
      setFailure(error);
    }
  };

  const kind = connection === 'offline' || connection === 'relay_away' || connection === 'home_away' || connection === 'lapsed' || connection === 'replaced' ? connection : null;
  return (
    <div className={c('banner')} role="status">
      {kind !== null && (
        <Notice
          tone="warn"
          title={t(`connection.${kind}.title`)}
          actions={kind === 'replaced' && <Button onPress={() => void takeOver()}>{t('connection.useHere')}</Button>}
        >
          {t(`connection.${kind}.text`)}
        </Notice>
      )}
      {alarm !== null && (
        <Notice tone="danger" title={t(`alarm.${alarm}.title`)}>
          {t(`alarm.${alarm}.text`)} <small>{t('alarm.code', { code: alarm })}</small>
        </Notice>
      )}
      {failure !== undefined && <Problem error={failure} />}
      {asked && (
        <Suspense>
          <NewDevices />
        </Suspense>
      )}
    </div>
  );
}
