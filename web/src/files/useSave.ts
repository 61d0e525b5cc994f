import { useRef, useState } from 'react';

import type { FileRef } from '../session/api';
import type { Files } from './files';

export interface Saving {
  /** 0 to 1 while it is being saved; `null`: it is not. */
  readonly part: number | null;
  readonly error: unknown;
  readonly save: () => void;
  readonly stop: () => void;
}

/** Saving one file: where the person wants it, with progress, and given up when they want. */
export function useSave(files: Files | null, file: FileRef): Saving {
  const [part, setPart] = useState<number | null>(null);
  const [error, setError] = useState<unknown>();
  const stop = useRef<AbortController>(null);
  const save = async () => {
    if (files === null || part !== null) return;
    const own = new AbortController();
    stop.current = own;
    setError(undefined);
    setPart(0);
    try {
      await files.save(file, setPart, own.signal);
    } catch (failure) {
      if (!own.signal.aborted) setError(failure);
    } finally {
      setPart(null);
    }
  };
  return { part, error, save: () => void save(), stop: () => stop.current?.abort() };
}
