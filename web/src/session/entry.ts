/** What is known of one room, and what the screens see of that. */
import type { ChainMember, RoomState } from '../wire/chain';
import type { MsgId, Pid } from '../wire/ids';
import type { Meeting, Mine, Room as Told } from '../wire/types';
import type { Member, Room, Trouble } from './api';
import type { Ground } from './ground';
import type { Claim } from './judge';
import { BIG_ROOM } from './size';

const UNCHOSEN: Mine = { pinned: false, notify: 'all' };

export interface Entry {
  told: Told;
  state: RoomState | null;
  /** What relay last claimed; `null`: nothing on this connection. */
  claim: Claim | null;
  agreed: boolean;
  trouble: Trouble | null;
  /** Relay was caught at lying about what is stored. Unlike `trouble` nothing it says later mends that: it stands until the page is loaded anew. */
  caught: boolean;
  /** Newest position at relay that we know of. */
  pos: number;
  read: number;
  unread: number;
  lastAt: number;
  meeting: Meeting | null;
  /** Messages that mention this person, as far as they were opened here. */
  readonly mentions: Map<MsgId, { readonly pos: number; readonly by: Pid }>;
  /** Positions of unread ones by home's index, which also has what was never opened here. */
  indexed: readonly number[];
  view: Room | null;
  /** Counts judgements, so that a late one does not overwrite a newer. */
  round: number;
}

export function newEntry(told: Told): Entry {
  return {
    told, state: null, claim: null, agreed: false, trouble: null, caught: false, pos: 0, read: 0, unread: 0, lastAt: 0, meeting: null,
    mentions: new Map(), indexed: [], view: null, round: 0,
  };
}

export function viewOf(entry: Entry, { pid: me, people }: Pick<Ground, 'pid' | 'people'>): Room {
  const { told, state, claim, unread, lastAt, meeting } = entry;
  const count = state?.count ?? told.count;
  const role = state?.members[me]?.role ?? told.role ?? 'member';
  const known = count > BIG_ROOM ? { [me]: { role } } : state?.members;
  const members = (Object.entries(known ?? {}) as [Pid, Pick<ChainMember, 'role'>][]).map(
    ([pid, { role }]): Member => ({ ...people.get(pid), role, me: pid === me }),
  );
  const other = members.find((member) => !member.me);
  return {
    id: told.room,
    kind: told.kind,
    title: told.kind === 'direct' ? (other?.name ?? '') : told.title,
    version: state?.version ?? 0,
    myRole: role,
    unread,
    mentions: new Set([...entry.indexed, ...[...entry.mentions.values()].map(({ pos }) => pos)].filter((pos) => pos > entry.read)).size,
    topic: told.topic,
    access: told.access,
    post: told.post,
    archived: told.archived,
    picture: told.picture,
    history: told.history,
    retention: told.retention,
    ...(told.mine ?? UNCHOSEN),
    ownerless: told.ownerless,
    mayOwn: told.may_own,
    lastAt,
    members,
    count,
    meeting: meetingOf(meeting),
    trouble: troubleOf(entry),
    ...onTheWay(told, claim, people),
  };
}

/** Whom relay has not let in or put out yet, by home's word; nobody as soon as relay says that it has applied that version. */
function onTheWay({ delivered, version, adding, removing }: Told, claim: Claim | null, people: Ground['people']): Pick<Room, 'adding' | 'removing'> {
  if (delivered >= version || (claim?.version ?? 0) >= version) return { adding: [], removing: [] };
  return { adding, removing: removing.map((pid) => people.get(pid)) };
}

export function troubleOf({ trouble, caught }: Entry): Trouble | null {
  return trouble ?? (caught ? 'relay_log_differs' : null);
}

function meetingOf(frame: Meeting | null): Room['meeting'] {
  if (frame?.meeting == null) return null;
  return { id: frame.meeting, people: [...new Set(frame.present.map(({ pid }) => pid))], devices: frame.present.length };
}
