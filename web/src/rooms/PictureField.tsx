import { useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { RoomFace } from '../people/RoomFace';
import { Refusal, type Room } from '../session/api';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import type { Bytes } from '../wire/bytes';
import { small } from './picture';
import styles from './SettingsPanel.module.css';
import { useAttempt } from '../ui/useAttempt';

const c = classes(styles);

/** The room's picture: chosen from a file, made small here, or taken away. */
export function PictureField({ room, onChange }: { readonly room: Room; readonly onChange: (picture: Bytes | null) => Promise<void> }) {
  const { t } = useTranslation('rooms');
  const input = useRef<HTMLInputElement>(null);
  const { busy, failure, attempt } = useAttempt();

  const choose = async (file: File) => {
    const picture = await small(file);
    if (picture === null) throw new Refusal('bad_picture');
    await onChange(picture);
  };

  return (
    <>
      <div className={c('picture')}>
        <RoomFace room={room} large />
        <Button isPending={busy} onPress={() => input.current?.click()}>
          {t(room.picture === null ? 'picture.choose' : 'picture.change')}
        </Button>
        {room.picture !== null && (
          <Button look="quiet" isDisabled={busy} onPress={() => void attempt(() => onChange(null), t('picture.removed'))}>
            {t('picture.remove')}
          </Button>
        )}
        <input
          ref={input}
          type="file"
          accept="image/*"
          hidden
          aria-label={t('picture.file')}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = '';
            if (file !== undefined) void attempt(() => choose(file), t('picture.saved'));
          }}
        />
      </div>
      <p className={c('soft')}>{t('picture.means')}</p>
      {failure !== undefined && <Problem error={failure} />}
    </>
  );
}
