import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { go } from '../app/route';
import { useSession } from '../app/SessionContext';
import { PeoplePicker } from '../people/PeoplePicker';
import type { Person, Room } from '../session/api';
import { Button } from '../ui/Button';
import { Checkbox } from '../ui/Checkbox';
import { Dialog } from '../ui/Dialog';
import { TextField } from '../ui/Field';
import { Problem } from '../ui/Problem';
import { Radios } from '../ui/Radios';
import { ACCESS, MAX_TITLE, MAX_TOPIC } from './words';

const KINDS = ['group', 'channel'] as const;

/** Makes a group, or, by whom the directory lets, a channel. What was typed stays when home refuses. */
export function NewRoom({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation('rooms');
  const session = useSession();
  const [kind, setKind] = useState<(typeof KINDS)[number]>('group');
  const [title, setTitle] = useState('');
  const [topic, setTopic] = useState('');
  const [access, setAccess] = useState<Room['access']>('public');
  const [announces, setAnnounces] = useState(false);
  const [people, setPeople] = useState<readonly Person[]>([]);
  const [open, setOpen] = useState(true);
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState(false);
  const [failure, setFailure] = useState<unknown>();

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    setMissing(title.trim() === '');
    if (title.trim() === '') return;
    setBusy(true);
    setFailure(undefined);
    const channel = kind === 'channel' ? ({ topic: topic.trim(), access, post: announces ? 'moderator' : 'member' } as const) : {};
    try {
      const room = await session.createRoom(kind, title.trim(), people.map((person) => person.pid), { ...channel, history: open ? 'open' : 'closed' });
      onClose();
      go({ name: 'room', room });
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };

  return (
    <Dialog title={t('new.title')} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
        {session.settings.mayMakeChannels && (
          <Radios label={t('new.kind')} value={kind} onChange={setKind} choices={KINDS.map((value) => ({ value, text: t(`new.${value}`), more: t(`new.${value}Means`) }))} />
        )}
        <TextField
          label={t('new.name')}
          value={title}
          onChange={(value) => {
            setTitle(value);
            setMissing(false);
          }}
          maxLength={MAX_TITLE}
          autoComplete="off"
          autoFocus
          error={missing ? t('new.missing') : undefined}
        />
        {kind === 'channel' && (
          <>
            <TextField label={t('topic.label')} description={t('topic.means')} value={topic} onChange={setTopic} maxLength={MAX_TOPIC} autoComplete="off" />
            <Radios label={t('access.label')} value={access} onChange={setAccess} choices={ACCESS.map((value) => ({ value, text: t(`access.${value}`) }))} />
            <Checkbox isSelected={announces} onChange={setAnnounces}>
              {t('new.announces')}
            </Checkbox>
          </>
        )}
        <PeoplePicker chosen={people} onChange={setPeople} />
        <Checkbox isSelected={open} onChange={setOpen}>
          {t('new.history')}
        </Checkbox>
        {failure !== undefined && <Problem error={failure} />}
        <Button type="submit" look="primary" isPending={busy}>
          {busy ? t('new.busy') : t('new.create')}
        </Button>
      </form>
    </Dialog>
  );
}
