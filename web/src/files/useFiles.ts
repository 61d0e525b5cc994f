/** A component's way to files: the part itself, and one opened file with its state. */
import { useCallback, useEffect, useState } from 'react';

import { useSession } from '../app/SessionContext';
import { useReadable } from '../ui/useReadable';
import type { Files, Opened } from './files';

/** `null` while it loads. */
export function useFiles(): Files | null {
  const { files } = useSession();
  useEffect(() => {
    files.load().catch(() => undefined);
  }, [files]);
  return useReadable(files.now);
}

export type Opening = { readonly at: 'closed' | 'opening' } | { readonly at: 'open'; readonly url: string } | { readonly at: 'failed'; readonly error: unknown };

/** Opens something while `wanted`, gives it back when the component goes; `again` is for after a failure. */
export function useOpened(wanted: boolean, open: (files: Files) => Promise<Opened>): { readonly state: Opening; readonly again: () => void } {
  const files = useFiles();
  const [state, setState] = useState<Opening>({ at: 'closed' });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!wanted || files === null) return;
    let gone = false;
    let held: Opened | null = null;
    setState({ at: 'opening' });
    open(files).then(
      (opened) => {
        if (gone) opened.release();
        else {
          held = opened;
          setState({ at: 'open', url: opened.url });
        }
      },
      (error: unknown) => !gone && setState({ at: 'failed', error }),
    );
    return () => {
      gone = true;
      held?.release();
      setState({ at: 'closed' });
    };
  }, [files, wanted, open, tries]);
  return { state: wanted && state.at === 'closed' ? { at: 'opening' } : state, again: useCallback(() => setTries((before) => before + 1), []) };
}
