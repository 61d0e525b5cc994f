/** Searching at home, and opening what it names: home sends messages as relay has them, and this device opens them as any others. */
import { unb64, type Bytes } from '../wire/bytes';
import { EDIT, MESSAGE } from '../wire/envelope';
import type { MsgId, Pid, RoomId } from '../wire/ids';
import type { Found, Hit } from '../wire/types';
import type { SearchHit, SearchPage, SearchQuery } from './api';
import type { Ground } from './ground';
import type { Opener, Result } from './opener';
import type { Rooms } from './rooms';
import { shown } from './said';

const PAGE = 20;

export interface Finding {
  readonly ground: Ground;
  readonly rooms: Rooms;
  readonly opener: Opener;
}

export async function find(parts: Finding, query: SearchQuery, cursor: string): Promise<SearchPage> {
  const { ground } = parts;
  const { text, by = [], rooms = [], has = [], after = null, before = null, mentions = false, order = 'best' } = query;
  const found: Found = await ground.asked(
    ground.home.search({
      text, by: [...by], rooms: [...rooms], has: [...has], mentions, order, cursor, limit: PAGE,
      after: after && Math.floor(after / 1000), before: before && Math.floor(before / 1000),
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
  );
  return {
    hits: await opened(parts, found.hits),
    total: found.total,
    least: found.least,
    cursor: found.cursor === '' ? null : found.cursor,
    marks: found.marks,
    indexed: found.indexed,
    of: found.of,
  };
}

/** Every hit opened, in order; room by room, since keys and chains are of rooms. */
async function opened(parts: Finding, hits: readonly Hit[]): Promise<SearchHit[]> {
  const views = new Map<MsgId, SearchHit>();
  await Promise.all(
    [...new Set(hits.map(({ room }) => room))].map(async (room) => {
      const here = hits.filter((hit) => hit.room === room);
      await known(parts, room).catch(() => undefined); // then what it says cannot be opened, which is said
      const envelopes = here.flatMap(({ sealed }) => sealed.map((one): Bytes => unb64(one)));
      const results = await parts.opener.open(room, envelopes);
      let at = 0;
      for (const hit of here) {
        views.set(hit.msg, viewOf(parts, hit, results.slice(at, at + hit.sealed.length)));
        at += hit.sealed.length;
      }
    }),
  );
  return hits.flatMap(({ msg }) => views.get(msg) ?? []);
}

/** The chain of a room that one has left: up to there, home gives it. */
async function known({ ground, rooms }: Finding, room: RoomId): Promise<void> {
  if (rooms.state(room) !== null) return;
  for (let version = 0; ; ) {
    const { rosters, snapshots } = await ground.asked(ground.home.rosters({ [room]: version }));
    const state = await ground.keys.learn(room, rosters[room] ?? [], snapshots[room] ?? null);
    if (state.version <= version) return;
    version = state.version;
  }
}

/** What a hit says, if its envelopes are what home says that they are. */
function viewOf({ ground }: Finding, hit: Hit, [first, edit]: readonly Result[]): SearchHit {
  const { room, msg: id, pos, thread, match } = hit;
  const right = first?.head?.msgId === id && first.head.kind === MESSAGE;
  const author = first?.head?.pid;
  const newer = edit?.head?.kind === EDIT && edit.head.ref === id && edit.head.pid === author ? edit : null;
  const last = hit.sealed.length > 1 ? newer : first;
  const pid: Pid = (right ? author : undefined) ?? hit.pid;
  const opening = right && last ? last.opening : 'cannot_open';
  const { text, files } = shown(opening === 'opened' ? (last?.said ?? null) : null);
  return { room, id, pos, thread, match, author: ground.people.get(pid), sentAt: hit.at * 1000, opening, text, files, edited: newer !== null };
}
