import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import type { Session } from '../session/api';
import { Announcer } from '../ui/Announcer';
import { codeOf } from '../ui/Problem';
import { loadDoorway } from './doorway';
import { Guard } from './Guard';
import { languageTag } from './i18n';
import { rememberNotice } from './preferences';
import { type Ending, Shell } from './Shell';
import { Starting } from './Starting';

/** Who is signed in needs no door. */
const SignIn = lazy(() => import('./SignIn').then((module) => ({ default: module.SignIn })));

type State =
  | { readonly at: 'starting' }
  | { readonly at: 'door'; readonly problem: unknown; readonly ended: Ending | null }
  | { readonly at: 'in'; readonly session: Session };

/** The whole client: finds who is signed in, shows the door or the shell. */
export function App() {
  useTranslation(); // renders again when the language changes
  const [state, setState] = useState<State>({ at: 'starting' });

  const resume = useCallback(async () => {
    setState({ at: 'starting' });
    try {
      const session = await (await loadDoorway()).resume();
      setState(session === null ? { at: 'door', problem: undefined, ended: null } : { at: 'in', session });
    } catch (problem) {
      if (codeOf(problem) === 'device_revoked') setState({ at: 'door', problem: undefined, ended: 'revoked' });
      else setState({ at: 'door', problem, ended: null });
    }
  }, []);

  // eslint-disable-next-line react-hooks/set-state-in-effect -- the session is opened here and arrives as state
  useEffect(() => void resume(), [resume]);

  const end = useCallback((session: Session, ended: Ending) => {
    rememberNotice(false);
    session.close();
    setState({ at: 'door', problem: undefined, ended });
  }, []);

  return (
    <I18nProvider locale={languageTag()}>
      <Guard>
        {state.at === 'starting' && <Starting />}
        {state.at === 'door' && (
          <Suspense fallback={<Starting />}>
            <SignIn problem={state.problem} ended={state.ended} onResume={resume} onSession={(session) => setState({ at: 'in', session })} />
          </Suspense>
        )}
        {state.at === 'in' && <Shell session={state.session} onEnd={end} />}
      </Guard>
      <Announcer />
    </I18nProvider>
  );
}
