/** One menu of devices. Loaded when there is something to choose, since joining does not need it. */
import { ChevronDown } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import { classes } from '../ui/classes.ts';
import menuStyles from '../ui/Menu.module.css';
import styles from './meeting.module.css';

const c = classes(styles);
const m = classes(menuStyles);

export interface DeviceSelectProps {
  readonly kind: MediaDeviceKind;
  readonly devices: readonly MediaDeviceInfo[];
  readonly chosen: string | null;
  readonly onUse: (kind: MediaDeviceKind, id: string) => void;
}

export function DeviceSelect({ kind, devices, chosen, onUse }: DeviceSelectProps) {
  const { t } = useTranslation('meeting');
  return (
    <Select className={c('select')} value={chosen} onChange={(id) => onUse(kind, String(id))}>
      <Label className={c('label')}>{t(`device.${kind}`)}</Label>
      <Button className={c('choose')}>
        <SelectValue className={c('chosen')} />
        <ChevronDown aria-hidden="true" />
      </Button>
      <Popover className={m('popover', 'wide')}>
        <ListBox className={m('menu')}>
          {devices.map((one) => (
            <ListBoxItem key={one.deviceId} id={one.deviceId} textValue={one.label} className={m('item')}>
              {one.label}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
