import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { go } from '../app/route';
import { useSession } from '../app/SessionContext';
import type { Room } from '../session/api';
import { announce } from '../ui/announce';
import { Button } from '../ui/Button';
import { TextField } from '../ui/Field';
import { Problem } from '../ui/Problem';
import { MAX_TITLE } from './NewRoom';

/** The room's name, and leaving it. */
export function SettingsPanel({ room }: { readonly room: Room }) {
  const { t } = useTranslation('chat');
  const session = useSession();
  const [title, setTitle] = useState(room.title);
  const [leaving, setLeaving] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const leads = room.myRole === 'owner' || room.myRole === 'moderator';

  const attempt = async (action: () => Promise<void>) => {
    setBusy(true);
    setFailure(undefined);
    try {
      await action();
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  };

  const rename = (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === '' || wanted === room.title) return;
    void attempt(async () => {
      await session.settings.changeRoom(room.id, { title: wanted });
      announce(t('settings.saved'));
    });
  };

  const leave = () =>
    attempt(async () => {
      await session.leaveRoom(room.id);
      go({ name: 'start' });
    });

  return (
    <>
      {leads ? (
        <form className="stack" onSubmit={rename}>
          <TextField label={t('settings.name')} value={title} onChange={setTitle} maxLength={MAX_TITLE} autoComplete="off" isRequired />
          <Button type="submit" isPending={busy} isDisabled={title.trim() === '' || title.trim() === room.title}>
            {t('settings.save')}
          </Button>
        </form>
      ) : (
        <p>{t('settings.onlyLeads')}</p>
      )}
      {failure !== undefined && <Problem error={failure} />}
      <div className="stack">
        {leaving ? (
          <>
            <p>{t('settings.leaveAsk')}</p>
            <Button look="danger" isPending={busy} onPress={() => void leave()}>
              {t('settings.leaveSure')}
            </Button>
            <Button look="quiet" onPress={() => setLeaving(false)}>
              {t('settings.stay')}
            </Button>
          </>
        ) : (
          <Button look="danger" onPress={() => setLeaving(true)}>
            {t('settings.leave')}
          </Button>
        )}
      </div>
    </>
  );
}
