import { useCallback, useSyncExternalStore } from 'react';

import type { Readable } from '../session/api';

/** The value of a {@link Readable} now; the component renders again when it changes. */
export function useReadable<T>(readable: Readable<T>): T {
  const subscribe = useCallback((listener: () => void) => readable.subscribe(listener), [readable]);
  const get = useCallback(() => readable.get(), [readable]);
  return useSyncExternalStore(subscribe, get);
}
