import { useState } from 'react';

import { announce } from './announce';

/** One action at a time: whether it runs, and what it failed of. `done` is read aloud when it went well. */
export function useAttempt(): { readonly busy: boolean; readonly failure: unknown; readonly attempt: (action: () => Promise<void>, done?: string) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const attempt = async (action: () => Promise<void>, done?: string): Promise<boolean> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await action();
      if (done !== undefined) announce(done);
      return true;
    } catch (error) {
      setFailure(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, failure, attempt };
}
