import { type SubmitEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Refusal, type Session } from '../session/api';
import { Button } from '../ui/Button';
import { Checkbox } from '../ui/Checkbox';
import { classes } from '../ui/classes';
import { TextField } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { codeOf, Problem } from '../ui/Problem';
import { Brand } from './Brand';
import styles from './Door.module.css';
import { loadDoorway } from './doorway';
import { switchLanguage } from './i18n';
import { LANGUAGES } from './preferences';
import type { Ending } from './Shell';

const c = classes(styles);

/** The wait after too many tries when home does not say how long. */
const SOME_SECONDS = 30;

/** Counts down to 0, once a second. */
function useCountdown(): readonly [number, (seconds: number) => void] {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, setLeft];
}

/** The door: user name, password, and whether others use this computer too. */
export function SignIn({
  problem,
  ended,
  onResume,
  onSession,
}: {
  /** What kept the session from resuming, if anything did. */
  readonly problem: unknown;
  /** Why the last session ended, if it was not asked for. */
  readonly ended: Ending | null;
  readonly onResume: () => Promise<void>;
  readonly onSession: (session: Session) => void;
}) {
  const { t, i18n } = useTranslation('app');
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [sharedComputer, setSharedComputer] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [wait, setWait] = useCountdown();

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || wait > 0) return;
    setBusy(true);
    setFailure(undefined);
    try {
      onSession(await (await loadDoorway()).signIn(user.trim(), password, { sharedComputer }));
    } catch (error) {
      setFailure(error);
      setPassword('');
      setBusy(false);
      if (codeOf(error) === 'too_many_tries') setWait(Math.ceil((error instanceof Refusal ? error.retryAfter : undefined) ?? SOME_SECONDS));
    }
  };

  return (
    <main className={c('door')}>
      <h1 className={c('brand')}>
        <Brand />
      </h1>
      <div className={c('card')}>
        <p className={c('lead')}>{t('signIn.lead')}</p>
        {ended === 'revoked' && (
          <Notice tone="warn" live>
            {t('signIn.revoked')}
          </Notice>
        )}
        {ended === 'signed_out' && <Notice live>{t('signIn.signedOut')}</Notice>}
        {problem !== undefined && (
          <>
            <Problem error={problem} />
            <Button onPress={() => void onResume()}>{t('signIn.again')}</Button>
          </>
        )}
        <form className={c('form')} onSubmit={(event) => void submit(event)}>
          <TextField
            label={t('signIn.user')}
            value={user}
            onChange={setUser}
            autoComplete="username"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck="false"
            isRequired
            autoFocus
          />
          <TextField
            label={t('signIn.password')}
            type="password"
            value={password}
            onChange={setPassword}
            autoComplete="current-password"
            isRequired
          />
          <Checkbox isSelected={sharedComputer} onChange={setSharedComputer}>
            {t('signIn.shared')}
          </Checkbox>
          {failure !== undefined && codeOf(failure) !== 'too_many_tries' && <Problem error={failure} />}
          {wait > 0 && <Notice tone="warn">{t('signIn.wait', { count: wait })}</Notice>}
          <Button type="submit" look="primary" isDisabled={wait > 0} isPending={busy}>
            {busy ? t('signIn.busy') : t('signIn.go')}
          </Button>
        </form>
      </div>
      <div className={c('languages')} role="group" aria-label={t('language')}>
        {LANGUAGES.map((language) => (
          <Button
            key={language}
            look="quiet"
            small
            aria-pressed={i18n.language === language}
            lang={language}
            onPress={() => void switchLanguage(language)}
          >
            {t(`languages.${language}`)}
          </Button>
        ))}
      </div>
    </main>
  );
}
