import { MonitorSmartphone } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { Page } from '../app/Page';
import { useSession } from '../app/SessionContext';
import type { DeviceInfo } from '../session/api';
import { announce } from '../ui/announce';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import styles from './DevicesPage.module.css';

const c = classes(styles);

/** Where one is signed in and was lately; signing a device out from afar, and reporting it lost, which is more. */
export function DevicesPage() {
  const { t } = useTranslation('people');
  const session = useSession();
  const [list, setList] = useState<readonly DeviceInfo[]>();
  const [failure, setFailure] = useState<unknown>();

  const load = useCallback(async () => {
    try {
      setList(await session.devices());
      setFailure(undefined);
    } catch (error) {
      setFailure(error);
    }
  }, [session]);
  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the list is asked for here and arrives as state
    void load();
    // A new device, or an answer on another one.
    return session.askingDevices.subscribe(() => void load());
  }, [load, session]);

  const end = async (device: DeviceInfo, lost: boolean) => {
    try {
      await session.endDevice(device.id, { lost });
      await load();
    } catch (error) {
      setFailure(error);
    }
  };

  return (
    <Page title={t('devices.title')} lead={t('devices.lead')}>
      <dl className={c('ways')}>
        <dt>{t('devices.signOut')}</dt>
        <dd>{t('devices.signOutMeans')}</dd>
        <dt>{t('devices.lose')}</dt>
        <dd>{t('devices.loseMeans')}</dd>
      </dl>
      {failure !== undefined && <Problem error={failure} />}
      {list === undefined && failure === undefined && <p role="status">{t('devices.loading')}</p>}
      {list !== undefined && (
        <ul className={c('devices')}>
          {list.map((device) => (
            <DeviceRow key={device.id} device={device} onEnd={(lost) => end(device, lost)} />
          ))}
        </ul>
      )}
    </Page>
  );
}

function DeviceRow({ device, onEnd }: { readonly device: DeviceInfo; readonly onEnd: (lost: boolean) => Promise<void> }) {
  const { t } = useTranslation('people');
  const [now] = useState(Date.now);
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState<'no' | 'yes' | 'back'>('no');
  const name = useRef<HTMLParagraphElement>(null);
  const { label, here, revoked, lost, persistent } = device;
  const format = new Intl.DateTimeFormat(languageTag(), { dateStyle: 'medium', timeStyle: 'short' });
  const over = lost ? t('devices.lost') : revoked ? t('devices.revoked') : device.ends <= now ? t('devices.ended', { time: format.format(device.ends) }) : null;

  const end = async (asLost: boolean) => {
    setBusy(true);
    await onEnd(asLost);
    setBusy(false);
    setAsked('no');
    announce(`${label}: ${t(asLost ? 'devices.lost' : 'devices.revoked')}`);
    name.current?.focus(); // the button is gone
  };

  return (
    <li className={c('device')}>
      <MonitorSmartphone className={c('icon')} aria-hidden="true" />
      <div className={c('what')}>
        <p ref={name} tabIndex={-1} className={c('label')}>
          {label} {here && <span className={c('here')}>{t('devices.here')}</span>}
        </p>
        <p className={c('when')}>{over ?? t(persistent ? 'devices.stays' : 'devices.short')}</p>
        <p className={c('when')}>{t('devices.times', { first: format.format(device.created), last: format.format(device.seen) })}</p>
      </div>
      {!here && !lost && (
        <div className={c('ends')}>
          {!revoked && (
            <Button small isDisabled={busy} aria-label={t('devices.signOutOne', { label })} onPress={() => void end(false)}>
              {t('devices.signOut')}
            </Button>
          )}
          {asked !== 'yes' && (
            <Button
              small
              look="danger"
              autoFocus={asked === 'back'}
              isDisabled={busy}
              aria-label={t('devices.loseOne', { label })}
              onPress={() => setAsked('yes')}
            >
              {t('devices.lose')}
            </Button>
          )}
        </div>
      )}
      {asked === 'yes' && !lost && (
        <div className={c('sure')} role="group" aria-label={t('devices.loseOne', { label })}>
          <p>{t('devices.loseAsk')}</p>
          <Button small look="danger" autoFocus isPending={busy} onPress={() => void end(true)}>
            {t('devices.loseSure')}
          </Button>
          <Button small onPress={() => setAsked('back')}>
            {t('devices.keep')}
          </Button>
        </div>
      )}
    </li>
  );
}
