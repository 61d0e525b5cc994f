import { type SubmitEvent, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useSession } from '../app/SessionContext';
import { Webhooks } from '../moderation/later';
import type { Room } from '../session/api';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { TextField } from '../ui/Field';
import { Problem } from '../ui/Problem';
import { Radios } from '../ui/Radios';
import { Leave } from './Leave';
import { PictureField } from './PictureField';
import styles from './SettingsPanel.module.css';
import { useAttempt } from '../ui/useAttempt';
import { ACCESS, daysOf, HISTORY, MAX_TITLE, MAX_TOPIC, NOTIFY, POST } from './words';

const c = classes(styles);

/** What a room is called and what goes in it; one's own notices from it; leaving it. Home decides who may, and says so again. */
export function SettingsPanel({ room }: { readonly room: Room }) {
  const leads = room.myRole === 'owner' || room.myRole === 'moderator';
  return (
    <>
      {leads && <Names key={`${room.title}/${room.topic}`} room={room} />}
      {leads && <Picture room={room} />}
      {leads && <Rules room={room} />}
      <Facts room={room} leads={leads} />
      <Notices room={room} />
      {room.myRole === 'owner' && room.kind !== 'direct' && !room.archived && (
        <Suspense>
          <div className={c('section')}>
            <Webhooks room={room} />
          </div>
        </Suspense>
      )}
      {room.myRole === 'owner' && <Archive room={room} />}
      <Leave room={room} />
    </>
  );
}

function Names({ room }: { readonly room: Room }) {
  const { t } = useTranslation('rooms');
  const { settings } = useSession();
  const [title, setTitle] = useState(room.title);
  const [topic, setTopic] = useState(room.topic);
  const { busy, failure, attempt } = useAttempt();
  const changed = title.trim() !== room.title || topic.trim() !== room.topic;

  const save = (event: SubmitEvent) => {
    event.preventDefault();
    if (changed && title.trim() !== '') void attempt(() => settings.changeRoom(room.id, { title: title.trim(), topic: topic.trim() }), t('settings.saved'));
  };

  return (
    <form className={c('section')} onSubmit={save}>
      <TextField label={t('settings.name')} value={title} onChange={setTitle} maxLength={MAX_TITLE} autoComplete="off" isRequired />
      <TextField label={t('topic.label')} description={t('topic.means')} value={topic} onChange={setTopic} maxLength={MAX_TOPIC} autoComplete="off" />
      {failure !== undefined && <Problem error={failure} />}
      <Button type="submit" isPending={busy} isDisabled={!changed || title.trim() === ''}>
        {t('settings.save')}
      </Button>
    </form>
  );
}

function Picture({ room }: { readonly room: Room }) {
  const { settings } = useSession();
  return (
    <div className={c('section')}>
      <PictureField room={room} onChange={(picture) => settings.setPicture(room.id, picture)} />
    </div>
  );
}

/** Each choice counts at once. */
function Rules({ room }: { readonly room: Room }) {
  const { t } = useTranslation('rooms');
  const { settings } = useSession();
  const { busy, failure, attempt } = useAttempt();
  const owns = room.myRole === 'owner';
  const change = (what: Parameters<typeof settings.changeRoom>[1]) => void attempt(() => settings.changeRoom(room.id, what), t('settings.saved'));
  return (
    <div className={c('section')}>
      <Radios
        label={t('post.label')}
        value={room.post}
        isDisabled={busy}
        onChange={(post) => change({ post })}
        choices={POST.map((value) => ({ value, text: t(`post.${value}`) }))}
      />
      {owns && room.kind === 'channel' && (
        <Radios
          label={t('access.label')}
          value={room.access}
          isDisabled={busy}
          onChange={(access) => change({ access })}
          choices={ACCESS.map((value) => ({ value, text: t(`access.${value}`) }))}
        />
      )}
      {owns && (
        <Radios
          label={t('history.label')}
          value={room.history}
          isDisabled={busy}
          onChange={(history) => change({ history })}
          choices={HISTORY.map((value) => ({ value, text: t(`history.${value}`), more: t(`history.${value}Means`) }))}
        />
      )}
      {failure !== undefined && <Problem error={failure} />}
    </div>
  );
}

/** What holds here, for who cannot change it; and what nobody here can change. */
function Facts({ room, leads }: { readonly room: Room; readonly leads: boolean }) {
  const { t } = useTranslation('rooms');
  const owns = room.myRole === 'owner';
  const days = daysOf(room.retention);
  return (
    <dl className={c('section', 'facts')}>
      {!leads && room.topic !== '' && (
        <div>
          <dt>{t('topic.label')}</dt>
          <dd>{room.topic}</dd>
        </div>
      )}
      {!leads && (
        <div>
          <dt>{t('post.label')}</dt>
          <dd>{t(`post.${room.post}`)}</dd>
        </div>
      )}
      {!owns && room.kind === 'channel' && (
        <div>
          <dt>{t('access.label')}</dt>
          <dd>{t(`access.${room.access}`)}</dd>
        </div>
      )}
      {!owns && (
        <div>
          <dt>{t('history.label')}</dt>
          <dd>{t(`history.${room.history}`)}</dd>
        </div>
      )}
      {room.retention !== '' && (
        <div>
          <dt>{t('retention.label')}</dt>
          <dd>{days === null ? room.retention : t('retention.days', { count: days })}</dd>
          <dd className={c('soft')}>{t('retention.means')}</dd>
        </div>
      )}
    </dl>
  );
}

function Notices({ room }: { readonly room: Room }) {
  const { t } = useTranslation('rooms');
  const { settings } = useSession();
  const { busy, failure, attempt } = useAttempt();
  return (
    <div className={c('section')}>
      <Radios
        label={t('notify.label')}
        value={room.notify}
        isDisabled={busy}
        onChange={(notify) => void attempt(() => settings.seeRoom(room.id, { notify }), t('settings.saved'))}
        choices={NOTIFY.map((value) => ({ value, text: t(`notify.${value}`) }))}
      />
      {failure !== undefined && <Problem error={failure} />}
    </div>
  );
}

function Archive({ room }: { readonly room: Room }) {
  const { t } = useTranslation('rooms');
  const { settings } = useSession();
  const { busy, failure, attempt } = useAttempt();
  return (
    <div className={c('section')}>
      <p>{t(room.archived ? 'archive.is' : 'archive.means')}</p>
      {failure !== undefined && <Problem error={failure} />}
      <Button
        isPending={busy}
        onPress={() => void attempt(() => settings.changeRoom(room.id, { archived: !room.archived }), t(room.archived ? 'archive.undone' : 'archive.done'))}
      >
        {t(room.archived ? 'archive.undo' : 'archive.do')}
      </Button>
    </div>
  );
}
