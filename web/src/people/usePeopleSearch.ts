import { useEffect, useState } from 'react';

import { useSession } from '../app/SessionContext';
import type { Person } from '../session/api';

/** What a search shows: people, that it runs, or why it failed. */
export interface PeopleSearch {
  readonly people: readonly Person[];
  readonly busy: boolean;
  readonly error: unknown;
}

const NOBODY: PeopleSearch = { people: [], busy: false, error: undefined };
const PAUSE_MS = 120; // typing rests this long before home is asked
const LIMIT = 20;

/** People by name, asked of home as one types; a late answer to an earlier question is ignored. */
export function usePeopleSearch(query: string, active = true): PeopleSearch {
  const session = useSession();
  const [state, setState] = useState<PeopleSearch & { readonly query: string }>({ ...NOBODY, query: '' });
  const wanted = active ? query.trim() : '';
  useEffect(() => {
    if (wanted === '') return;
    let over = false;
    const timer = setTimeout(() => {
      session.searchPeople(wanted, LIMIT).then(
        (people) => !over && setState({ query: wanted, people: people.filter((person) => person.pid !== session.me.pid), busy: false, error: undefined }),
        (error: unknown) => !over && setState({ query: wanted, people: [], busy: false, error }),
      );
    }, PAUSE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [wanted, session]);
  if (wanted === '') return NOBODY;
  return state.query === wanted ? state : { ...state, busy: true, error: undefined };
}
