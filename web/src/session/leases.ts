/**
 * Sees to it that this device could do without home for some hours: keys, media secrets and certificates of the rooms with
 * unread messages and of the 200 latest, leased again while home is there and before they end.
 */
import { parse } from '../wire/envelope';
import type { Bytes } from '../wire/bytes';
import type { Dev, RoomId } from '../wire/ids';
import type { Ground } from './ground';
import type { Meetings } from './meeting';
import type { Rooms } from './rooms';
import { coalesced } from './signal';

const LATEST = 200;
/** What would end sooner than this is leased again. */
const SPARE_MS = 12 * 3600 * 1000;
const EVERY_MS = 30 * 60_000;
/** After something changed: it gathers, and not everybody asks at once. */
const GATHER_MS = 2_000;
const SPREAD_MS = 4_000;
const KEYS_A_REQUEST = 500;
const CERTS_A_REQUEST = 500;
/** Newest messages of a room whose authors' certificates are seen to. */
const NEWEST = 20;

export class Leases {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly every = setInterval(() => {
    this.soon();
  }, EVERY_MS);
  /** Position up to which a room's authors are known. */
  private readonly seen = new Map<RoomId, number>();

  constructor(
    private readonly ground: Ground,
    private readonly rooms: Rooms,
    private readonly meetings: Meetings,
    private readonly tab: {
      /** Whether it is this tab that sees to it. */
      mine(): boolean;
      /** Keeps what the next start needs. */
      keep(): Promise<void>;
    },
  ) {}

  /** Looks through it soon; what fails is tried again at the next look. */
  soon(): void {
    if (!this.tab.mine()) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.look().catch(() => undefined);
    }, GATHER_MS + SPREAD_MS * Math.random());
  }

  stop(): void {
    clearInterval(this.every);
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private readonly look = coalesced(async () => {
    await this.tab.keep();
    const list = this.rooms.list.get();
    const chosen = list.filter(({ unread }, at) => at < LATEST || unread > 0).map(({ id }) => id);
    await this.keys(chosen);
    await this.certificates(chosen);
  });

  private async keys(chosen: readonly RoomId[]): Promise<void> {
    const { ground } = this;
    const until = Date.now() + SPARE_MS;
    const current = chosen.map((room) => [room, this.rooms.state(room)?.epoch ?? 0] as const).filter(([, epoch]) => epoch > 0);
    const want = [...(await ground.keys.lacking(current, until))];
    const media = this.meetings.lacking(current, until);
    while (want.length > 0 || media.length > 0) {
      const some = want.splice(0, KEYS_A_REQUEST).map(([room, epoch]): [RoomId, number] => [room, epoch]);
      const reply = await ground.asked(ground.home.keys({ want: some, media: media.splice(0, KEYS_A_REQUEST) }));
      this.meetings.lease(reply.media);
      await ground.keys.lease(reply.keys);
    }
  }

  private async certificates(chosen: readonly RoomId[]): Promise<void> {
    const { ground } = this;
    const devs = new Set<Dev>();
    const looked = new Map<RoomId, number>();
    for (const room of chosen) {
      const { pos } = this.rooms.position(room);
      if (pos === 0 || this.seen.get(room) === pos) continue;
      const newest = await ground.storage.envelopes(room, Infinity, NEWEST);
      for (const { env } of newest) for (const dev of deviceOf(env)) devs.add(dev);
      if (newest.at(-1)?.pos === pos) looked.set(room, pos);
    }
    const want = await ground.keys.uncertified([...devs]);
    for (let at = 0; at < want.length; at += CERTS_A_REQUEST) {
      const { certs } = await ground.asked(ground.home.certs(want.slice(at, at + CERTS_A_REQUEST)));
      await ground.keys.certificates(certs);
    }
    for (const [room, pos] of looked) this.seen.set(room, pos);
  }
}

function deviceOf(env: Bytes): Dev[] {
  try {
    return [parse(env).dev];
  } catch {
    return [];
  }
}
