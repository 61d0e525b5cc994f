/** The buttons of a running meeting. */
import { Mic, MicOff, MonitorUp, MonitorX, PhoneOff, Settings, Video, VideoOff } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog, DialogTrigger, Popover } from 'react-aria-components';
import { Button, IconButton } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import menuStyles from '../ui/Menu.module.css';
import { DeviceSelects } from './DeviceSelects.tsx';
import { keepChoice, loadChoice } from './devices.ts';
import type { Meeting } from './meeting.ts';
import styles from './meeting.module.css';
import type { MeetingState } from './state.ts';
import { Toggle } from './Toggle.tsx';

const c = classes(styles);
const m = classes(menuStyles);

export interface ControlsProps {
  readonly meeting: Meeting;
  readonly state: MeetingState;
  readonly onLeave: () => void;
}

export function Controls({ meeting, state, onLeave }: ControlsProps) {
  const { t } = useTranslation('meeting');
  const mic = state.mic === 'on';
  const cam = state.cam === 'on';
  const screen = state.screen === 'on';
  const canShare = 'getDisplayMedia' in navigator.mediaDevices;
  return (
    <div role="toolbar" aria-label={t('controls')} className={c('controls')}>
      <Button icon={mic ? <Mic aria-hidden="true" /> : <MicOff aria-hidden="true" />} onPress={() => void meeting.setMic(!mic)}>
        <span className={c('word')}>{mic ? t('mute') : t('unmute')}</span>
      </Button>
      <Button icon={cam ? <Video aria-hidden="true" /> : <VideoOff aria-hidden="true" />} onPress={() => void meeting.setCam(!cam)}>
        <span className={c('word')}>{cam ? t('stop_video') : t('start_video')}</span>
      </Button>
      {canShare && (
        <Button icon={screen ? <MonitorX aria-hidden="true" /> : <MonitorUp aria-hidden="true" />} onPress={() => void meeting.setScreen(!screen)}>
          <span className={c('word')}>{screen ? t('stop_sharing') : t('share')}</span>
        </Button>
      )}
      <Devices meeting={meeting} state={state} />
      <Button look="danger" icon={<PhoneOff aria-hidden="true" />} onPress={onLeave}>
        <span className={c('word')}>{t('leave')}</span>
      </Button>
    </div>
  );
}

function Devices({ meeting, state }: { readonly meeting: Meeting; readonly state: MeetingState }) {
  const { t } = useTranslation('meeting');
  const [choice, setChoice] = useState(loadChoice);
  const choose = (change: Partial<typeof choice>): void => {
    const next = { ...loadChoice(), ...change };
    keepChoice(next);
    setChoice(next);
  };
  const use = (kind: MediaDeviceKind, id: string): void => {
    choose(kind === 'audioinput' ? { micId: id } : kind === 'videoinput' ? { camId: id } : { speakerId: id });
    void meeting.useDevice(kind, id);
  };
  return (
    <DialogTrigger>
      <IconButton label={t('settings')}>
        <Settings aria-hidden="true" />
      </IconButton>
      <Popover className={m('popover')} placement="top">
        <Dialog className={c('sheet')} aria-label={t('settings')}>
          <DeviceSelects choice={choice} changed={`${state.mic}${state.cam}`} onUse={use} />
          <Toggle on={choice.keys} onChange={(keys) => choose({ keys })}>
            {t('shortcuts')}
          </Toggle>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
