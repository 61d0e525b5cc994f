import { MonitorSmartphone } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { Page } from '../app/Page';
import { useSession } from '../app/SessionContext';
import type { Dev, DeviceInfo } from '../session/api';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import styles from './DevicesPage.module.css';

const c = classes(styles);

/** Where one is signed in, and signing a device out from afar. */
export function DevicesPage() {
  const { t } = useTranslation('people');
  const session = useSession();
  const [list, setList] = useState<readonly DeviceInfo[]>();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState<Dev>();

  const load = useCallback(async () => {
    try {
      setList(await session.devices());
      setFailure(undefined);
    } catch (error) {
      setFailure(error);
    }
  }, [session]);
  // eslint-disable-next-line react-hooks/set-state-in-effect -- the list is asked for here and arrives as state
  useEffect(() => void load(), [load]);

  const revoke = async (dev: Dev) => {
    setBusy(dev);
    try {
      await session.revokeDevice(dev);
      await load();
    } catch (error) {
      setFailure(error);
    }
    setBusy(undefined);
  };

  const time = new Intl.DateTimeFormat(languageTag(), { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Page title={t('devices.title')} lead={t('devices.lead')}>
      {failure !== undefined && <Problem error={failure} />}
      {list === undefined && failure === undefined && <p role="status">{t('devices.loading')}</p>}
      {list !== undefined && (
        <ul className={c('devices')}>
          {list.map((device) => (
            <li key={device.id} className={c('device')}>
              <MonitorSmartphone className={c('icon')} aria-hidden="true" />
              <div className={c('what')}>
                <p className={c('label')}>{device.label}</p>
                <p className={c('when')}>
                  {device.revoked
                    ? t('devices.revoked')
                    : device.here
                      ? t('devices.here')
                      : t('devices.seen', { time: time.format(device.seen) })}
                </p>
              </div>
              {!device.here && !device.revoked && (
                <Button
                  small
                  look="danger"
                  isPending={busy === device.id}
                  aria-label={t('devices.revokeOne', { label: device.label })}
                  onPress={() => void revoke(device.id)}
                >
                  {t('devices.revoke')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
