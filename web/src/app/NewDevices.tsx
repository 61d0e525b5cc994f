import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { DeviceInfo } from '../session/api';
import { announce } from '../ui/announce';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { Problem } from '../ui/Problem';
import { useReadable } from '../ui/useReadable';
import { languageTag } from './i18n';
import { useSession } from './SessionContext';

const DAY_MS = 86_400_000;

/** Asks quietly, about one device at a time, whether it was the person who signed in there, until that is answered here or elsewhere. */
export function NewDevices() {
  const { t } = useTranslation('app');
  const session = useSession();
  const asking = useReadable(session.askingDevices);
  const [first] = asking;
  const [ended, setEnded] = useState<DeviceInfo | null>(null);
  return (
    <>
      {first !== undefined && <NewDevice key={first.id} device={first} more={asking.length - 1} onEnded={() => setEnded(first)} />}
      {ended !== null && (
        <Notice
          tone="warn"
          title={t('newDevice.endedTitle', { label: ended.label })}
          actions={<Button onPress={() => setEnded(null)}>{t('newDevice.read')}</Button>}
        >
          {t('newDevice.endedText')}
        </Notice>
      )}
    </>
  );
}

function NewDevice({ device, more, onEnded }: { readonly device: DeviceInfo; readonly more: number; readonly onEnded: () => void }) {
  const { t } = useTranslation('app');
  const session = useSession();
  const [now] = useState(Date.now);
  const [busy, setBusy] = useState<'me' | 'not' | null>(null);
  const [failure, setFailure] = useState<unknown>();

  const answer = async (what: 'me' | 'not') => {
    setBusy(what);
    setFailure(undefined);
    try {
      if (what === 'me') {
        await session.knowDevice(device.id);
        announce(t('newDevice.noted'));
      } else {
        await session.endDevice(device.id, { lost: true });
        onEnded();
      }
    } catch (error) {
      setFailure(error);
    }
    setBusy(null);
  };

  const format = new Intl.DateTimeFormat(languageTag(), { timeStyle: 'short', ...(now - device.created > DAY_MS / 2 && { dateStyle: 'medium' }) });
  const what = { label: device.label, time: format.format(device.created) };
  return (
    <>
      <Notice
        title={t('newDevice.title', what)}
        actions={
          <>
            <Button small isPending={busy === 'me'} isDisabled={busy !== null} aria-label={t('newDevice.meOne', what)} onPress={() => void answer('me')}>
              {t('newDevice.me')}
            </Button>
            <Button small look="danger" isPending={busy === 'not'} isDisabled={busy !== null} aria-label={t('newDevice.notMeOne', what)} onPress={() => void answer('not')}>
              {t('newDevice.notMe')}
            </Button>
          </>
        }
      >
        {t('newDevice.text')} {more > 0 && t('newDevice.more', { count: more })}
      </Notice>
      {failure !== undefined && <Problem error={failure} />}
    </>
  );
}
