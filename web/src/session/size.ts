/** What is different in big rooms: lists and what lies before are asked for when needed, and not everybody asks at once. */
import type { RoomState } from '../wire/chain';
import type { Pid } from '../wire/ids';
import type { Ground } from './ground';

/** Rooms with more members are big (`samrum.wire.home_api.BIG_ROOM`). */
export const BIG_ROOM = 500;
const A_REQUEST = 500;
const MS_A_MEMBER = 10;
const LONGEST_MS = 60_000;
/** A list that changes so often while it is read is read another time. */
const TRIES = 3;

/** How long this device waits before it does what all members' devices do now, in ms: none in rooms that are not big. */
export function spread(count: number, longest = LONGEST_MS): number {
  return count > BIG_ROOM ? Math.random() * Math.min(longest, count * MS_A_MEMBER) : 0;
}

/** Whether somebody is in a room, as far as this device knows: without the list, who was not removed counts as in it. */
export function isIn(state: RoomState, pid: Pid): boolean {
  return state.listed ? Object.hasOwn(state.members, pid) : !Object.hasOwn(state.gone, pid);
}

/** The state with what home says of some epochs and people before the room's snapshot; `led`: also of who was owner or moderator. */
export async function askPast(ground: Ground, state: RoomState, epochs: readonly number[], pids: readonly Pid[], led = false): Promise<RoomState> {
  const { room, base: version } = state;
  let next = state;
  for (let at = 0; at < Math.max(epochs.length, pids.length, led ? 1 : 0); at += A_REQUEST) {
    const wanted = { version, epochs: epochs.slice(at, at + A_REQUEST), pids: pids.slice(at, at + A_REQUEST), led: led && at === 0 };
    const { past } = await ground.asked(ground.home.past(room, wanted));
    next = await ground.keys.past(room, past);
  }
  return next;
}

/** The state with the whole member list, or `null` if home's snapshot is newer than it: the chain has to be followed first. */
export async function askList(ground: Ground, { room, version }: RoomState): Promise<RoomState | null> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const members: [Pid, 'owner' | 'moderator' | 'member' | 'guest', number | null][] = [];
    let page = await ground.asked(ground.home.listed(room, ''));
    const first = page.version;
    if (first > version) return null;
    while (page.version === first) {
      members.push(...page.members);
      const last = members.at(-1);
      if (!page.more || last === undefined) return ground.keys.list(room, members);
      page = await ground.asked(ground.home.listed(room, last[0]));
    }
  }
  return null;
}
