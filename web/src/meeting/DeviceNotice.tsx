/** What is wrong with a camera, microphone or screen, and what to do about it. */
import { useTranslation } from 'react-i18next';
import { Notice } from '../ui/Notice.tsx';
import type { DeviceTrouble } from './devices.ts';

export function DeviceNotice({ device, trouble }: { readonly device: 'mic' | 'cam' | 'screen'; readonly trouble: DeviceTrouble }) {
  const { t } = useTranslation('meeting');
  return (
    <Notice tone="warn" live>
      {t(`trouble.${device}.${trouble}`)}
    </Notice>
  );
}
