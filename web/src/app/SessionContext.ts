import { createContext, useContext } from 'react';

import type { Session } from '../session/api';

const SessionContext = createContext<Session | null>(null);

export const SessionProvider = SessionContext.Provider;

/** The signed-in person's session; only below the shell. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('outside the shell');
  return session;
}
