import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Message, Reason } from '../session/api';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Dialog } from '../ui/Dialog';
import { Problem } from '../ui/Problem';
import { Radios } from '../ui/Radios';
import { useAttempt } from '../ui/useAttempt';
import styles from './Moderation.module.css';
import { useModeration } from './useModeration';
import { Words } from './Words';
import { REASONS } from './words';

const c = classes(styles);

/** Reporting somebody else's message: why, a few words, and who will read it. */
export function ReportDialog({ message, onClose }: { readonly message: Message; readonly onClose: () => void }) {
  const { t } = useTranslation('moderation');
  const moderation = useModeration();
  const [reason, setReason] = useState<Reason>('harassment');
  const [words, setWords] = useState('');
  const [sent, setSent] = useState<'room' | 'authority' | null>(null);
  const { busy, failure, attempt } = useAttempt();

  const send = () =>
    void attempt(async () => {
      setSent(await moderation((part) => part.report(message, reason, words.trim())));
    });

  return (
    <Dialog title={t('report.title')} open onClose={onClose}>
      {sent === null ? (
        <div className={c('section')}>
          <p>{t('report.lead')}</p>
          <Radios label={t('report.why')} value={reason} onChange={setReason} choices={REASONS.map((value) => ({ value, text: t(`reasons.${value}`) }))} />
          <Words label={t('report.words')} value={words} onChange={setWords} />
          {failure !== undefined && <Problem error={failure} />}
          <div className={c('row')}>
            <Button look="primary" isPending={busy} onPress={send}>
              {t('report.send')}
            </Button>
            <Button look="quiet" onPress={onClose}>
              {t('report.cancel')}
            </Button>
          </div>
        </div>
      ) : (
        <div className={c('section')}>
          <p role="status">{t(`report.sent.${sent}`)}</p>
          <Button autoFocus onPress={onClose}>
            {t('report.done')}
          </Button>
        </div>
      )}
    </Dialog>
  );
}
