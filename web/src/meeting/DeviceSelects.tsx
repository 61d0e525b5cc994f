/** Which microphone, camera and loudspeaker to use. Only kinds of which the browser tells names are shown. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { classes } from '../ui/classes.ts';
import type { Choice } from './devices.ts';
import styles from './meeting.module.css';

const c = classes(styles);

const DeviceSelect = lazy(() => import('./DeviceSelect.tsx').then((module) => ({ default: module.DeviceSelect })));
const KINDS = ['audioinput', 'videoinput', 'audiooutput'] as const;
const PLACES = { audioinput: 'micId', videoinput: 'camId', audiooutput: 'speakerId' } as const;

/** The devices that have names, which the browser tells once a device was allowed. `changed` makes it look again. */
function useDevices(changed: string): readonly MediaDeviceInfo[] {
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => {
    let here = true;
    const look = (): void => {
      void navigator.mediaDevices.enumerateDevices().then(
        (found) => {
          if (here) setDevices(found.filter((one) => one.deviceId !== '' && one.label !== ''));
        },
        () => undefined,
      );
    };
    look();
    navigator.mediaDevices.addEventListener('devicechange', look);
    return () => {
      here = false;
      navigator.mediaDevices.removeEventListener('devicechange', look);
    };
  }, [changed]);
  return devices;
}

export interface DeviceSelectsProps {
  readonly choice: Choice;
  readonly changed: string;
  readonly onUse: (kind: MediaDeviceKind, id: string) => void;
}

export function DeviceSelects({ choice, changed, onUse }: DeviceSelectsProps) {
  const { t } = useTranslation('meeting');
  const devices = useDevices(changed);
  return KINDS.map((kind) => {
    const of = devices.filter((one) => one.kind === kind);
    if (of.length === 0) return null;
    const chosen = of.find((one) => one.deviceId === choice[PLACES[kind]]) ?? of[0];
    return (
      <Suspense key={kind} fallback={<Waiting label={t(`device.${kind}`)} chosen={chosen?.label ?? ''} />}>
        <DeviceSelect kind={kind} devices={of} chosen={chosen?.deviceId ?? null} onUse={onUse} />
      </Suspense>
    );
  });
}

/** What stands in a menu's place until it is loaded: as large as it, so that nothing moves. */
function Waiting({ label, chosen }: { readonly label: string; readonly chosen: string }) {
  return (
    <div className={c('select')}>
      <span className={c('label')}>{label}</span>
      <span className={c('choose')}>
        <span className={c('chosen')}>{chosen}</span>
      </span>
    </div>
  );
}
