/** Before joining: one's own picture and level, the devices, who is there, and one button. */
import { Mic, MicOff, Video, VideoOff } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pid, Room } from '../session/api.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Button } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import { Notice } from '../ui/Notice.tsx';
import { useReadable } from '../ui/useReadable.ts';
import { DeviceNotice } from './DeviceNotice.tsx';
import { DeviceSelects } from './DeviceSelects.tsx';
import { Media } from './Media.tsx';
import type { Meeting } from './meeting.ts';
import styles from './meeting.module.css';
import { Panel } from './Panel.tsx';
import { Preview } from './preview.ts';
import { Toggle } from './Toggle.tsx';

const c = classes(styles);

export interface PreviewScreenProps {
  readonly meeting: Meeting;
  readonly room: Room;
  /** Joins as soon as the devices are there. */
  readonly atOnce: boolean;
  readonly onClose: () => void;
}

export function PreviewScreen(props: PreviewScreenProps) {
  const [preview, setPreview] = useState<Preview | null>(null);
  useEffect(() => {
    const made = new Preview();
    if (props.atOnce) made.speak();
    // Cameras open with the screen and close with it: that is what this effect keeps in step with.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setPreview(made);
    return () => {
      made.close();
    };
  }, [props.atOnce]);
  return preview === null ? null : <Mirror {...props} preview={preview} />;
}

/** Who is in already, in words: names as far as they are known. */
function useWho(room: Room): string {
  const { t, i18n } = useTranslation('meeting');
  const inside = room.meeting?.people ?? [];
  if (inside.length === 0) return t('nobody');
  const name = (pid: Pid): string | null => room.members.find((member) => member.pid === pid)?.name ?? null;
  const known = inside.map(name).filter((one) => one !== null);
  if (known.length < inside.length || known.length > 4) return t('inside_count', { count: inside.length });
  return t('inside', { names: new Intl.ListFormat(i18n.language).format(known), count: known.length });
}

function Mirror({ meeting, room, atOnce, onClose, preview }: PreviewScreenProps & { readonly preview: Preview }) {
  const { t } = useTranslation('meeting');
  const state = useReadable(preview.state);
  const { browser } = useReadable(meeting.state);
  const who = useWho(room);
  const me = room.members.find((member) => member.me);
  const join = async (): Promise<void> => {
    const { mic, cam } = await preview.take();
    await meeting.join(mic, cam);
  };
  const begin = useRef(join);
  useEffect(() => {
    if (atOnce) void begin.current();
  }, [atOnce]);
  return (
    <Panel label={t('preview')} look="preview">
      <div className={c('mirror')}>
        {state.cam === null ? (
          <>
            <Avatar id={me?.pid ?? ''} name={me?.name ?? ''} />
            <p className={c('soft')}>{t('camera_off')}</p>
          </>
        ) : (
          <Media track={state.cam} mirrored label={t('own_picture')} />
        )}
      </div>
      <div className={c('ready')}>
        <h2>{t('ready')}</h2>
        <p className={c('soft')}>{who}</p>
        {browser !== null && browser !== 'safe' && (
          <Notice tone="warn" live>
            {t(`why.browser_${browser}`)}
          </Notice>
        )}
        <div className={c('switches')}>
          <Toggle on={state.choice.mic} onChange={(on) => preview.setMic(on)} icon={state.choice.mic ? <Mic aria-hidden="true" /> : <MicOff aria-hidden="true" />}>
            {t('microphone')}
          </Toggle>
          {state.mic !== null && (
            <meter className={c('level')} min={0} max={1} value={Math.round(state.level * 20) / 20} aria-label={t('level')}>
              {Math.round(state.level * 100)}
            </meter>
          )}
          <Toggle on={state.choice.cam} onChange={(on) => preview.setCam(on)} icon={state.choice.cam ? <Video aria-hidden="true" /> : <VideoOff aria-hidden="true" />}>
            {t('camera')}
          </Toggle>
        </div>
        {state.micTrouble !== null && <DeviceNotice device="mic" trouble={state.micTrouble} />}
        {state.camTrouble !== null && <DeviceNotice device="cam" trouble={state.camTrouble} />}
        <div className={c('row')}>
          <Button look="primary" onPress={() => void join()}>
            {t('join')}
          </Button>
          <Button look="quiet" onPress={onClose}>
            {t('cancel')}
          </Button>
        </div>
        <DeviceSelects choice={state.choice} changed={`${state.mic === null}${state.cam === null}`} onUse={(kind, id) => preview.useDevice(kind, id)} />
      </div>
    </Panel>
  );
}
