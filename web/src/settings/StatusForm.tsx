import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { useSession } from '../app/SessionContext';
import type { Settings } from '../session/api';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { TextField } from '../ui/Field';
import { Picker } from '../ui/Picker';
import { Problem } from '../ui/Problem';
import { useAttempt } from '../ui/useAttempt';
import styles from './SettingsPage.module.css';
import { type End, endOf, ENDS } from './times';

const c = classes(styles);
const MAX_STATUS = 80; // as in wire/rooms_api.py
/** Sentences to begin with, and how long they usually hold. */
const PRESETS: readonly { readonly name: 'lunch' | 'focus' | 'home' | 'ill' | 'holiday'; readonly end: End }[] = [
  { name: 'lunch', end: 'hour' },
  { name: 'focus', end: 'four' },
  { name: 'home', end: 'today' },
  { name: 'ill', end: 'today' },
  { name: 'holiday', end: 'week' },
];

/** What colleagues read beside one's name, and until when. */
export function StatusForm({ own }: { readonly own: Settings }) {
  const { t } = useTranslation('settings');
  const { settings } = useSession();
  const [text, setText] = useState(own.status);
  const [end, setEnd] = useState<End>('never');
  const { busy, failure, attempt } = useAttempt();

  const put = (status: string, until: number | null, done: string) => attempt(() => settings.change({ status, status_until: until }), done);
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    if (text.trim() !== '') void put(text.trim(), endOf(end, new Date()), t('saved'));
  };
  const until = new Intl.DateTimeFormat(languageTag(), { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <form className="stack" onSubmit={save}>
      {own.status !== '' && <p>{t(own.status_until === null ? 'status.now' : 'status.nowUntil', { text: own.status, time: until.format((own.status_until ?? 0) * 1000) })}</p>}
      <div className={c('row')} role="group" aria-label={t('status.presets')}>
        {PRESETS.map(({ name, end: usual }) => (
          <Button
            key={name}
            small
            onPress={() => {
              setText(t(`status.${name}`));
              setEnd(usual);
            }}
          >
            {t(`status.${name}`)}
          </Button>
        ))}
      </div>
      <TextField label={t('status.label')} description={t('status.means')} value={text} onChange={setText} maxLength={MAX_STATUS} autoComplete="off" />
      <Picker label={t('status.ends')} value={end} onChange={setEnd} choices={ENDS.map((value) => ({ value, text: t(`ends.${value}`) }))} />
      {failure !== undefined && <Problem error={failure} />}
      <div className={c('row')}>
        <Button type="submit" look="primary" isPending={busy} isDisabled={text.trim() === ''}>
          {t('status.save')}
        </Button>
        {own.status !== '' && (
          <Button look="quiet" isDisabled={busy} onPress={() => void put('', null, t('status.cleared'))}>
            {t('status.clear')}
          </Button>
        )}
      </div>
    </form>
  );
}
