import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { go } from '../app/route';
import { useSession } from '../app/SessionContext';
import { PeoplePicker } from '../people/PeoplePicker';
import type { Person } from '../session/api';
import { Button } from '../ui/Button';
import { Checkbox } from '../ui/Checkbox';
import { Dialog } from '../ui/Dialog';
import { TextField } from '../ui/Field';
import { Problem } from '../ui/Problem';

export const MAX_TITLE = 120; // as in wire/home_api.py

/** Makes a group: a name, people, done. What was typed stays when home refuses. */
export function NewRoom({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation('chat');
  const session = useSession();
  const [title, setTitle] = useState('');
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
    try {
      const room = await session.createRoom('group', title.trim(), people.map((person) => person.pid), { history: open ? 'open' : 'closed' });
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
        <PeoplePicker chosen={people} onChange={setPeople} />
        <Checkbox isSelected={open} onChange={setOpen}>{t('new.history')}</Checkbox>
        {failure !== undefined && <Problem error={failure} />}
        <Button type="submit" look="primary" isPending={busy}>
          {busy ? t('new.busy') : t('new.create')}
        </Button>
      </form>
    </Dialog>
  );
}
