import { useCallback, useMemo, useRef, useState } from 'react';

import { useSession } from '../app/SessionContext';
import type { SearchHit, SearchPage, SearchQuery } from '../session/api';

interface State {
  readonly hits: readonly SearchHit[];
  /** The newest page; `null`: nothing was looked for yet. */
  readonly page: SearchPage | null;
  readonly busy: boolean;
  readonly error: unknown;
}

const NOTHING: State = { hits: [], page: null, busy: false, error: undefined };

/** One search and its pages; a late answer to an earlier one is ignored. */
export function useSearch(): { readonly state: State; readonly marks: ReadonlySet<string>; readonly run: (query: SearchQuery | null) => void; readonly more: () => void } {
  const session = useSession();
  const [state, setState] = useState(NOTHING);
  const turn = useRef(0);
  const last = useRef<SearchQuery | null>(null);

  const ask = useCallback(
    (query: SearchQuery, cursor: string, before: readonly SearchHit[]) => {
      const mine = ++turn.current;
      const settle = (next: State) => {
        if (turn.current === mine) setState(next);
      };
      setState((now) => ({ ...now, busy: true, error: undefined }));
      session.search.find(query, cursor).then(
        (page) => settle({ hits: [...before, ...page.hits], page, busy: false, error: undefined }),
        (error: unknown) => settle({ hits: before, page: null, busy: false, error }),
      );
    },
    [session],
  );
  const run = useCallback(
    (query: SearchQuery | null) => {
      last.current = query;
      turn.current += 1;
      if (query === null) setState(NOTHING);
      else ask(query, '', []);
    },
    [ask],
  );
  const { hits, page } = state;
  const more = useCallback(() => {
    if (last.current !== null && page?.cursor != null) ask(last.current, page.cursor, hits);
  }, [ask, hits, page]);
  const marks = useMemo(() => new Set(page?.marks), [page]);
  return { state, marks, run, more };
}
