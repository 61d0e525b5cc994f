/**
 * After a welcome: the newest envelope of every room with news, so that the list of rooms can be sorted by time; and what is
 * unread, so that it can be read although home goes away (`leases.ts`).
 */
import type { RoomId } from '../wire/ids';
import { codeOf } from '../doors/refusal';
import { equal } from '../wire/bytes';
import type { RoomHead, Welcome } from '../wire/types';
import type { Ground } from './ground';
import { askPage } from './page';
import type { Rooms } from './rooms';
import type { Stored } from './storage';
import type { Way } from './tabs/following';

const AT_ONCE = 2;
const UNREAD = 20;
/** The newest envelope may be about the one before it: how a call ended, a reaction. */
const READ = 5;
/** Relay takes 200 frames in 10 s: this leaves most of them to other things. */
const PAUSE_MS = 150;

/** Best effort; ends when the connection does. `open`: rooms on the screen fetch for themselves. */
export async function fetchNewest(ground: Ground, rooms: Rooms, welcome: Welcome, open: (room: RoomId) => boolean): Promise<void> {
  const stream = ground.stream();
  const todo = (Object.entries(welcome.rooms) as [RoomId, RoomHead][]).filter(([room, head]) => head.pos > 0 && !open(room));
  const worker = async (): Promise<void> => {
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const [room, { pos, unread }] = next;
      const [cached] = await ground.storage.envelopes(room, Infinity, 1);
      if (stream === null || ground.stream() !== stream) return;
      if (cached?.pos === pos) continue;
      const list = await newestOf(stream, room, unread === 0 ? READ : UNREAD);
      const again = list?.find((one) => one.pos === cached?.pos);
      if (list === null || (again !== undefined && cached !== undefined && !equal(again.env, cached.env))) {
        rooms.catchLying(room);
        continue;
      }
      const newest = list.at(-1);
      if (newest === undefined) continue;
      await ground.storage.keep(room, list);
      rooms.newest(room, newest.env);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker)).catch(() => undefined);
}

/** A room's newest envelopes; `null`: relay gave something else. */
async function newestOf(stream: Way, room: RoomId, limit: number): Promise<Stored[] | null> {
  try {
    const page = await askPage(stream, { room, before: null, after: null, limit });
    return page.env.map((env, at) => ({ pos: page.pos[at] ?? 0, env }));
  } catch (error) {
    if (codeOf(error) === 'relay_log_differs') return null;
    throw error;
  }
}
