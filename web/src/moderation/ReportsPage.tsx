import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { Page } from '../app/Page';
import { routeHref } from '../app/route';
import { useSession } from '../app/SessionContext';
import { usePersonName } from '../people/names';
import type { Outcome, Report, ReportPage, ReportsOf, Session } from '../session/api';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { Radios } from '../ui/Radios';
import { useAttempt } from '../ui/useAttempt';
import { useReadable } from '../ui/useReadable';
import styles from './Moderation.module.css';
import { useModeration } from './useModeration';
import { Words } from './Words';
import { OUTCOMES } from './words';

const c = classes(styles);
const KINDS: readonly ReportsOf[] = ['open', 'closed', 'mine'];

/** Reports that wait for this person's decision, decided ones, and one's own. */
export function ReportsPage() {
  const { t } = useTranslation('moderation');
  const session = useSession();
  const moderation = useModeration();
  const news = useReadable(session.moderation.news);
  const [which, setWhich] = useState<ReportsOf | null>(null);
  const [page, setPage] = useState<ReportPage>();
  const [skip, setSkip] = useState(0);
  const [failure, setFailure] = useState<unknown>();

  const load = useCallback(async () => {
    try {
      const found = await moderation((part) => part.reports(which ?? 'open', skip));
      // Who decides nowhere sees their own.
      if (which === null) setWhich(found.decides ? 'open' : 'mine');
      if (which !== null || found.decides) setPage(found);
      setFailure(undefined);
    } catch (error) {
      setFailure(error);
    }
  }, [moderation, which, skip]);
  // eslint-disable-next-line react-hooks/set-state-in-effect -- what is asked for here arrives as state
  useEffect(() => void load(), [load, news]);

  const show = (kind: ReportsOf) => {
    if (kind === which) return;
    setWhich(kind);
    setSkip(0);
    setPage(undefined);
  };
  return (
    <Page title={t('reports.title')} lead={t('reports.lead')}>
      <div className={c('tabs')} role="group" aria-label={t('reports.title')}>
        {(page?.decides === false ? (['mine'] as const) : KINDS).map((kind) => (
          <Button key={kind} look={kind === which ? 'primary' : 'secondary'} aria-pressed={kind === which} onPress={() => show(kind)}>
            {kind === 'open' && page !== undefined ? t('reports.openCount', { count: page.waiting }) : t(`reports.${kind}`)}
          </Button>
        ))}
      </div>
      {failure !== undefined && <Problem error={failure} />}
      {page === undefined && failure === undefined && <p role="status">{t('reports.loading')}</p>}
      {page?.reports.length === 0 && <p>{t(`reports.none.${which ?? 'mine'}`)}</p>}
      {page !== undefined && (
        <ul className={c('list')}>
          {page.reports.map((report) => (
            <li key={report.report}>
              <Card report={report} mine={which === 'mine'} onDone={() => void load()} />
            </li>
          ))}
        </ul>
      )}
      {page !== undefined && (skip > 0 || page.count > skip + page.reports.length) && (
        <div className={c('row')}>
          <Button isDisabled={skip === 0} onPress={() => setSkip(Math.max(0, skip - 50))}>
            {t('reports.newer')}
          </Button>
          <Button isDisabled={page.count <= skip + page.reports.length} onPress={() => setSkip(skip + 50)}>
            {t('reports.older')}
          </Button>
        </div>
      )}
    </Page>
  );
}

function Card({ report, mine, onDone }: { readonly report: Report; readonly mine: boolean; readonly onDone: () => void }) {
  const { t } = useTranslation('moderation');
  const session = useSession();
  const name = usePersonName();
  const room = useReadable(session.rooms).find(({ id }) => id === report.room);
  const format = new Intl.DateTimeFormat(languageTag(), { dateStyle: 'medium', timeStyle: 'short' });
  const where = report.title === '' ? t('reports.direct') : report.title;
  return (
    <article className={c('card')} aria-labelledby={`report-${report.report}`}>
      <h2 id={`report-${report.report}`}>{t('reports.about', { name: name(report.author), room: where })}</h2>
      <p className={c('soft')}>
        {t(`reasons.${report.reason}`)} · {mine ? format.format(report.at) : t('reports.by', { name: name(report.reporter), time: format.format(report.at) })}
      </p>
      {report.words !== '' && <p>{report.words}</p>}
      {report.text !== '' && (
        <figure>
          <figcaption className={c('soft')}>{t('reports.copy')}</figcaption>
          <blockquote className={c('copy')}>
            <bdi>{report.text}</bdi>
          </blockquote>
        </figure>
      )}
      {room !== undefined && (
        <p>
          <a href={routeHref({ name: 'room', room: room.id, at: report.msg })}>{t('reports.go')}</a>
        </p>
      )}
      {report.closed !== null && report.outcome !== null ? (
        <p>
          {t(`outcomes.${report.outcome}`)} <span className={c('soft')}>{t('reports.decided', { name: report.by === null ? '' : name(report.by), time: format.format(report.closed) })}</span>
          {report.answer !== '' && <span className={c('copy')}>{report.answer}</span>}
        </p>
      ) : mine ? (
        <p>{t('reports.waits')}</p>
      ) : (
        <Decision report={report} canAct={room?.myRole === 'owner' || room?.myRole === 'moderator'} onDone={onDone} />
      )}
    </article>
  );
}

/** Removes the reported message, unless it is gone already. */
async function removed(session: Session, { room, msg }: Report): Promise<void> {
  const model = session.openRoom(room);
  try {
    if (!(await model.jump(msg))) return;
    const there = model.timeline.get().messages.some(({ id, deleted }) => id === msg && deleted === null);
    if (there) await model.remove(msg);
  } finally {
    model.close();
  }
}

/** What to do about it. Removing the message or its author happens here too, where one leads the room. */
function Decision({ report, canAct, onDone }: { readonly report: Report; readonly canAct: boolean; readonly onDone: () => void }) {
  const { t } = useTranslation('moderation');
  const session = useSession();
  const moderation = useModeration();
  const [open, setOpen] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>(canAct ? 'removed' : 'spoken');
  const [answer, setAnswer] = useState('');
  const { busy, failure, attempt } = useAttempt();

  const decide = () =>
    void attempt(async () => {
      if (canAct && outcome === 'removed') await removed(session, report);
      if (canAct && outcome === 'blocked') await moderation((part) => part.block(report.room, report.author.pid));
      await moderation((part) => part.close(report.report, outcome, answer.trim()));
      onDone();
    }, t('reports.done'));

  if (!open) return <Button onPress={() => setOpen(true)}>{t('reports.decide')}</Button>;
  return (
    <div className={c('section')}>
      <Radios
        label={t('reports.outcome')}
        value={outcome}
        isDisabled={busy}
        onChange={setOutcome}
        choices={OUTCOMES.map((value) => ({ value, text: t(canAct && (value === 'removed' || value === 'blocked') ? `acts.${value}` : `outcomes.${value}`) }))}
      />
      <Words label={t('reports.answer')} value={answer} onChange={setAnswer} />
      {failure !== undefined && <Problem error={failure} />}
      <div className={c('row')}>
        <Button look="primary" isPending={busy} onPress={decide}>
          {t('reports.close')}
        </Button>
        <Button look="quiet" onPress={() => setOpen(false)}>
          {t('report.cancel')}
        </Button>
      </div>
    </div>
  );
}
