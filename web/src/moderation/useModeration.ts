import { useCallback } from 'react';

import { useSession } from '../app/SessionContext';
import type { Moderation } from '../session/api';

/** Does something with the part of the session that loads late. */
export function useModeration(): <T>(work: (moderation: Moderation) => Promise<T>) => Promise<T> {
  const { moderation } = useSession();
  return useCallback(async (work) => work(await moderation.load()), [moderation]);
}
