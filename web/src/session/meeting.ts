/** What a meeting needs of the session: the way in, media keys by verified epoch, the verified members, acknowledgements. */
import { join } from '../doors/relayHttp';
import { Refusal } from '../doors/refusal';
import { textOf, unb64 } from '../wire/bytes';
import type { CallId, Dev, Pid, RoomId } from '../wire/ids';
import type { Join, MediaAckIs, MediaBase } from '../wire/types';
import type { MeetingAccess } from './api';
import type { Ground } from './ground';
import type { Rooms } from './rooms';
import { Signal } from './signal';

const LEASE_MS = 24 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;

type AckListener = Parameters<MeetingAccess['onAck']>[0];

export interface Way {
  readonly http: string;
  readonly grant: string;
}

interface Base {
  readonly key: Promise<CryptoKey>;
  readonly until: number;
}

/** All meetings' keys and acknowledgements; one {@link MeetingAccess} a room. */
export class Meetings {
  private readonly bases = new Map<string, Base>();
  private readonly accesses = new Map<RoomId, MeetingAccess>();
  private readonly listeners = new Set<AckListener>();

  constructor(
    private readonly ground: Ground,
    private readonly rooms: Rooms,
    private readonly way: () => Way,
  ) {}

  acked({ meeting, pid, dev, epoch }: MediaAckIs): void {
    for (const listener of [...this.listeners]) listener(meeting, pid, dev, epoch);
  }

  /** The one access to a room's meeting. */
  access(room: RoomId): MeetingAccess {
    const found = this.accesses.get(room) ?? this.newAccess(room);
    this.accesses.set(room, found);
    return found;
  }

  private newAccess(room: RoomId): MeetingAccess {
    const { ground, rooms } = this;
    const epoch = new Signal(rooms.state(room)?.epoch ?? 0);
    const members = new Signal<ReadonlySet<Pid>>(membersOf(rooms, room));
    // Tracks of people who are not in the list are refused, so all of it is needed.
    rooms.listed(room).catch(() => undefined);
    rooms.list.subscribe(() => {
      const state = rooms.state(room);
      if (state === null) members.set(new Set());
      else if (state.epoch !== epoch.get() || !same(membersOf(rooms, room), members.get())) {
        members.set(membersOf(rooms, room));
        epoch.set(state.epoch);
      }
    });
    return {
      me: { pid: ground.pid, dev: ground.dev },
      join: async () => {
        const trouble = rooms.trouble(room);
        if (trouble !== null) throw new Refusal(trouble);
        const { http, grant } = this.way();
        const reply = await join(http, grant, room);
        if (!isOurs(reply, `${ground.pid}.${ground.dev}`)) throw new Refusal('bad_reply');
        return reply;
      },
      epoch,
      members,
      base: (wanted, day) => this.base(room, wanted, day),
      ack: (meeting: CallId, known: number) => {
        ground.stream()?.send('MediaAck', { meeting, epoch: known });
      },
      onAck: (listener: (meeting: CallId, pid: Pid, dev: Dev, epoch: number) => void) => {
        this.listeners.add(listener);
        return () => {
          this.listeners.delete(listener);
        };
      },
      refresh: () => rooms.refresh([room]).then(() => rooms.listed(room)),
      name: (pid) => ground.people.get(pid).name,
    };
  }

  private base(room: RoomId, epoch: number, day: number): Promise<CryptoKey> {
    const found = this.bases.get(nameOf(room, epoch, day));
    if (found !== undefined && found.until > Date.now()) return found.key;
    const key = this.fetch(room, epoch, day);
    this.keep(room, epoch, day, key);
    return key;
  }

  /** Takes bases that home gave. Their bytes are wiped. */
  lease(media: readonly MediaBase[]): void {
    const leased = media.map(({ room, epoch, day, base }) => ({ room, epoch, day, key: imported(base) }));
    for (const { room, epoch, day, key } of leased) this.keep(room, epoch, day, key);
    const until = Date.now() + LEASE_MS;
    void Promise.all(leased.map(async (one) => ({ ...one, key: await one.key, until })))
      .then((kept) => this.ground.keys.keepBases(kept))
      .catch(() => undefined);
  }

  /** Takes what this device kept from earlier. */
  async load(): Promise<void> {
    for (const { room, epoch, day, key, until } of await this.ground.keys.bases()) {
      this.bases.set(nameOf(room, epoch, day), { key: Promise.resolve(key), until });
    }
  }

  /** Those of the rooms of which today's and tomorrow's base are not here until `until` (ms since 1970). */
  lacking(rooms: readonly (readonly [RoomId, number])[], until: number): RoomId[] {
    const today = Math.floor(this.ground.now() / DAY_MS);
    const held = (room: RoomId, epoch: number, day: number): boolean => (this.bases.get(nameOf(room, epoch, day))?.until ?? 0) >= until;
    return rooms.flatMap(([room, epoch]) => (held(room, epoch, today) && held(room, epoch, today + 1) ? [] : [room]));
  }

  private keep(room: RoomId, epoch: number, day: number, key: Promise<CryptoKey>): void {
    const name = nameOf(room, epoch, day);
    this.bases.set(name, { key, until: Date.now() + LEASE_MS });
    key.catch(() => this.bases.delete(name));
  }

  private async fetch(room: RoomId, epoch: number, day: number): Promise<CryptoKey> {
    const { media, refused } = await this.ground.asked(this.ground.home.keys({ want: [], media: [room] }));
    const told = media.find((one) => one.room === room && one.epoch === epoch && one.day === day);
    if (told === undefined) throw new Refusal(refused[0]?.code ?? 'no_such_epoch');
    this.lease(media);
    return this.base(room, epoch, day);
  }
}

async function imported(base: string): Promise<CryptoKey> {
  const raw = unb64(base);
  try {
    return await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits']);
  } finally {
    raw.fill(0);
  }
}

function nameOf(room: RoomId, epoch: number, day: number): string {
  return `${room}/${String(epoch)}/${String(day)}`;
}

function membersOf(rooms: Rooms, room: RoomId): ReadonlySet<Pid> {
  return new Set(Object.keys(rooms.state(room)?.members ?? {}) as Pid[]);
}

function same(a: ReadonlySet<Pid>, b: ReadonlySet<Pid>): boolean {
  return a.size === b.size && [...a].every((pid) => b.has(pid));
}

/** Whether the token lets this device, and nobody else, into that meeting. Relay cannot be held to it: it only must not mix things up. */
function isOurs({ token, meeting }: Join, identity: string): boolean {
  try {
    const claims = JSON.parse(textOf(unb64(token.split('.')[1] ?? ''))) as { sub?: unknown; video?: { room?: unknown } };
    return claims.sub === identity && claims.video?.room === meeting;
  } catch {
    return false;
  }
}
