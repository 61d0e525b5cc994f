import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag, loadTexts, switchLanguage } from '../app/i18n';
import { Page } from '../app/Page';
import { LANGUAGES, setTheme, theme, THEMES } from '../app/preferences';
import { routeHref } from '../app/route';
import { useSession } from '../app/SessionContext';
import { MyData } from '../moderation/later';
import type { Settings } from '../session/api';
import { Button } from '../ui/Button';
import { Checkbox } from '../ui/Checkbox';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { Radios } from '../ui/Radios';
import { useAttempt } from '../ui/useAttempt';
import { useReadable } from '../ui/useReadable';
import { QuietHours } from './QuietHours';
import styles from './SettingsPage.module.css';
import { StatusForm } from './StatusForm';
import { tomorrow } from './times';

const c = classes(styles);
const DesktopHere = lazy(async () => {
  const [module] = await Promise.all([import('../notices/DesktopHere'), loadTexts('notices')]);
  return { default: module.DesktopHere };
});

/** What one chooses for oneself. All but the appearance lives at home and is the same on all of one's devices; each choice counts at once. */
export function SettingsPage() {
  const { t } = useTranslation('settings');
  const own = useReadable(useSession().settings.own);
  return (
    <Page title={t('title')} lead={t('lead')}>
      <section className={c('section')}>
        <h2>{t('status.title')}</h2>
        <StatusForm key={`${own.status}/${own.status_until ?? ''}`} own={own} />
      </section>
      <Notices own={own} />
      <Language own={own} />
      <Appearance />
      <Others own={own} />
      <section className={c('section')}>
        <h2>{t('data.title')}</h2>
        <Suspense>
          <MyData />
        </Suspense>
      </section>
      <section className={c('section')}>
        <h2>{t('devices.title')}</h2>
        <p>
          <a href={routeHref({ name: 'devices' })}>{t('devices.link')}</a>
        </p>
      </section>
    </Page>
  );
}

/** Changes one's settings; `done` is read aloud. */
function useChange() {
  const { t } = useTranslation('settings');
  const { settings } = useSession();
  const { busy, failure, attempt } = useAttempt();
  const change = (what: Partial<Settings>) => attempt(() => settings.change(what), t('saved'));
  return { busy, failure, change };
}

interface Own {
  readonly own: Settings;
}

function Notices({ own }: Own) {
  const { t } = useTranslation('settings');
  const { busy, failure, change } = useChange();
  const [now] = useState(Date.now);
  const paused = own.quiet_until !== null && own.quiet_until * 1000 > now;
  const until = new Intl.DateTimeFormat(languageTag(), { weekday: 'long', hour: '2-digit', minute: '2-digit' });
  return (
    <section className={c('section')}>
      <h2>{t('notices.title')}</h2>
      {(['desktop', 'sound', 'mail'] as const).map((way) => (
        <Checkbox key={way} isSelected={own[way]} isDisabled={busy} onChange={(on) => void change({ [way]: on })}>
          {t(`notices.${way}`)}
        </Checkbox>
      ))}
      <p className={c('soft')}>{t('notices.rooms')}</p>
      <Suspense>
        <DesktopHere />
      </Suspense>
      <h3>{t('pause.title')}</h3>
      {paused ? (
        <>
          <p>{t('pause.until', { time: until.format((own.quiet_until ?? 0) * 1000) })}</p>
          <div className={c('row')}>
            <Button isPending={busy} onPress={() => void change({ quiet_until: null })}>
              {t('pause.end')}
            </Button>
          </div>
        </>
      ) : (
        <div className={c('row')}>
          <Button isDisabled={busy} onPress={() => void change({ quiet_until: Math.floor(Date.now() / 1000) + 3600 })}>
            {t('pause.hour')}
          </Button>
          <Button isDisabled={busy} onPress={() => void change({ quiet_until: tomorrow(new Date()) })}>
            {t('pause.tomorrow')}
          </Button>
        </div>
      )}
      <QuietHours quiet={own.quiet} isDisabled={busy} onChange={(quiet) => void change({ quiet })} />
      {failure !== undefined && <Problem error={failure} />}
    </section>
  );
}

function Language({ own }: Own) {
  const { t, i18n } = useTranslation('settings');
  const { busy, failure, change } = useChange();
  const choose = async (language: (typeof LANGUAGES)[number]) => {
    await switchLanguage(language);
    await change({ language });
  };
  return (
    <section className={c('section')}>
      <h2>{t('language.title')}</h2>
      <Radios
        label={t('language.label')}
        value={own.language === '' ? (LANGUAGES.find((one) => one === i18n.language) ?? 'sv') : own.language}
        isDisabled={busy}
        onChange={(language) => void choose(language)}
        choices={LANGUAGES.map((value) => ({ value, text: t(`app:languages.${value}`), lang: value }))}
      />
      {failure !== undefined && <Problem error={failure} />}
    </section>
  );
}

function Appearance() {
  const { t } = useTranslation('settings');
  const [look, setLook] = useState(theme);
  return (
    <section className={c('section')}>
      <h2>{t('look.title')}</h2>
      <Radios
        label={t('look.label')}
        value={look}
        onChange={(wanted) => {
          setTheme(wanted);
          setLook(wanted);
        }}
        choices={THEMES.map((value) => ({ value, text: t(`app:themes.${value}`) }))}
      />
    </section>
  );
}

function Others({ own }: Own) {
  const { t } = useTranslation('settings');
  const { busy, failure, change } = useChange();
  return (
    <section className={c('section')}>
      <h2>{t('others.title')}</h2>
      <Checkbox isSelected={own.typing} isDisabled={busy} onChange={(typing) => void change({ typing })}>
        {t('others.typing')}
      </Checkbox>
      {failure !== undefined && <Problem error={failure} />}
    </section>
  );
}
