/**
 * After a welcome: the newest envelope of every room with news, so that the list of rooms can be sorted by time; and what is
 * unread, so that it can be read although home goes away (`leases.ts`).
 */
import type { RoomId } from '../wire/ids';
import type { RoomHead, Welcome } from '../wire/types';
import type { Ground } from './ground';
import type { Rooms } from './rooms';

const AT_ONCE = 2;
const UNREAD = 20;
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
      const page = await stream.history({ room, before: null, after: null, limit: Math.max(1, Math.min(UNREAD, unread)) });
      const env = page.env.at(-1);
      if (env === undefined) continue;
      rooms.newest(room, env);
      await ground.storage.keep(room, page.env.map((one, at) => ({ pos: page.pos[at] ?? 0, env: one })));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker)).catch(() => undefined);
}
