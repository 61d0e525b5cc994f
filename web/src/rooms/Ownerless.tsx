import { useTranslation } from 'react-i18next';

import { useSession } from '../app/SessionContext';
import type { Room } from '../session/api';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { Problem } from '../ui/Problem';
import { useAttempt } from '../ui/useAttempt';

/** Nobody owns the room, and this person may take it over. */
export function Ownerless({ room }: { readonly room: Room }) {
  const { t } = useTranslation('rooms');
  const { settings } = useSession();
  const { busy, failure, attempt } = useAttempt();
  return (
    <>
      <Notice
        tone="warn"
        title={t('ownerless.title')}
        actions={
          <Button small isPending={busy} onPress={() => void attempt(() => settings.takeOver(room.id), t('ownerless.done'))}>
            {t('ownerless.take')}
          </Button>
        }
      >
        {t('ownerless.text')}
      </Notice>
      {failure !== undefined && <Problem error={failure} />}
    </>
  );
}
