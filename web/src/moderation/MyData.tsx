import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import type { Export } from '../session/api';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { useAttempt } from '../ui/useAttempt';
import styles from './Moderation.module.css';
import { useModeration } from './useModeration';

const c = classes(styles);
const LOOK_MS = 1500;

/** One's own data as a file: asked for, made at home meanwhile, fetched within a day. */
export function MyData() {
  const { t } = useTranslation('moderation');
  const moderation = useModeration();
  const [state, setState] = useState<Export>();
  const { busy, failure, attempt } = useAttempt();
  const look = useCallback(async () => setState(await moderation((part) => part.export())), [moderation]);
  const running = state?.state === 'running';
  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect -- what is asked for here arrives as state
    look().catch(() => undefined);
    if (!running) return;
    const timer = setInterval(() => {
      look().catch(() => undefined);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [look, running]);

  const format = new Intl.DateTimeFormat(languageTag(), { dateStyle: 'medium', timeStyle: 'short' });
  const size = new Intl.NumberFormat(languageTag(), { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 0 });
  const begin = () =>
    void attempt(async () => {
      setState(await moderation((part) => part.beginExport()));
    });
  return (
    <div className={c('section')}>
      <p>{t('data.means')}</p>
      {running && (
        <div className={c('section')} role="status">
          <p>{t('data.running', { done: state.done, total: state.total })}</p>
          <progress className={c('progress')} aria-label={t('data.title')} value={state.done} max={Math.max(1, state.total)} />
        </div>
      )}
      {state?.state === 'failed' && <p role="alert">{t('data.failed')}</p>}
      {state?.state === 'ready' && (
        <>
          <p role="status">{t(state.here ? 'data.ready' : 'data.elsewhere', { time: format.format((state.ends ?? 0) * 1000) })}</p>
          {state.here && (
            <p>
              <a href="/export/file" download="samrum.zip">
                {t('data.fetch', { size: size.format(Math.ceil(state.size / 1000)) })}
              </a>
            </p>
          )}
        </>
      )}
      {failure !== undefined && <Problem error={failure} />}
      <div className={c('row')}>
        <Button isPending={busy} isDisabled={running} onPress={begin}>
          {t(state?.state === 'ready' ? 'data.again' : 'data.begin')}
        </Button>
      </div>
    </div>
  );
}
