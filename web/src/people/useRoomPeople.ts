import { useCallback, useEffect, useRef, useState } from 'react';

import { useSession } from '../app/SessionContext';
import type { Member, Room } from '../session/api';

/** A room's members as far as they are loaded. */
interface RoomPeople {
  readonly count: number;
  readonly at: (index: number) => Member | undefined;
  /** These are looked at: what is missing of them is loaded. */
  readonly want: (first: number, last: number) => void;
  readonly error: unknown;
}

interface Loaded {
  readonly query: string;
  readonly count: number;
  readonly pages: ReadonlyMap<number, readonly Member[]>;
  readonly error: unknown;
}

const PAGE = 100;
const PAUSE_MS = 120; // typing rests this long before home is asked

/** The members of a room by name, or whom a search finds, page by page from home. What has changed meanwhile is loaded anew. */
export function useRoomPeople({ id, version, count }: Room, text: string): RoomPeople {
  const session = useSession();
  const query = text.trim();
  const [loaded, setLoaded] = useState<Loaded>({ query: '', count, pages: new Map(), error: undefined });
  /** Pages that were asked for, of this query at this version. */
  const asked = useRef(new Set<number>());
  const seen = useRef<readonly [number, number]>([0, 0]);

  const load = useCallback(
    (page: number) => {
      if (asked.current.has(page)) return;
      const round = asked.current;
      round.add(page);
      session.roomPeople(id, query, page * PAGE, PAGE).then(
        (found) => {
          if (asked.current !== round) return;
          setLoaded((before) => {
            const kept = before.query === query ? before.pages : new Map<number, readonly Member[]>();
            return { query, count: found.count, pages: new Map(kept).set(page, found.people), error: undefined };
          });
        },
        (error: unknown) => {
          round.delete(page);
          if (asked.current === round) setLoaded((before) => ({ ...before, error }));
        },
      );
    },
    [session, id, query],
  );
  const want = useCallback(
    (first: number, last: number) => {
      seen.current = [first, last];
      for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) load(page);
    },
    [load],
  );
  useEffect(() => {
    const timer = setTimeout(() => {
      asked.current = new Set();
      want(...seen.current);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [want, version]);

  return {
    count: loaded.count,
    at: (index) => loaded.pages.get(Math.floor(index / PAGE))?.[index % PAGE],
    want,
    error: loaded.error,
  };
}
