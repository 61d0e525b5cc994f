/** Which microphone, camera and loudspeaker to use. Only kinds of which the browser tells names are shown. */
import { ChevronDown } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import { classes } from '../ui/classes.ts';
import menuStyles from '../ui/Menu.module.css';
import type { Choice } from './devices.ts';
import styles from './meeting.module.css';

const c = classes(styles);
const m = classes(menuStyles);

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
      <Select key={kind} className={c('select')} value={chosen?.deviceId ?? null} onChange={(id) => onUse(kind, String(id))}>
        <Label className={c('label')}>{t(`device.${kind}`)}</Label>
        <Button className={c('choose')}>
          <SelectValue className={c('chosen')} />
          <ChevronDown aria-hidden="true" />
        </Button>
        <Popover className={m('popover', 'wide')}>
          <ListBox className={m('menu')}>
            {of.map((one) => (
              <ListBoxItem key={one.deviceId} id={one.deviceId} textValue={one.label} className={m('item')}>
                {one.label}
              </ListBoxItem>
            ))}
          </ListBox>
        </Popover>
      </Select>
    );
  });
}
