/** How far the other members of one room have read, where it has at most 100. */
import type { Pid, RoomId } from '../wire/ids';
import type { Ground } from './ground';
import type { Rooms } from './rooms';
import { Signal } from './signal';
import { isIn } from './size';

/** In larger rooms relay tells nobody (`samrum.wire.stream.PRESENCE_MEMBERS`). */
const MOST = 100;

export class Seen {
  readonly positions = new Signal<ReadonlyMap<Pid, number>>(new Map());

  constructor(
    private readonly ground: Pick<Ground, 'pid' | 'stream'>,
    private readonly room: RoomId,
    private readonly rooms: Pick<Rooms, 'count' | 'state'>,
  ) {}

  /** Asks anew; best effort. */
  async ask(): Promise<void> {
    const stream = this.ground.stream();
    if (stream === null || this.rooms.count(this.room) > MOST) return;
    try {
      const { room, of } = await stream.ask('Reads', { room: this.room });
      if (room === this.room) this.take(Object.entries(of) as [Pid, number][]);
    } catch {
      // Nobody waits for it, and the next connection asks again.
    }
  }

  take(list: readonly (readonly [Pid, number])[]): void {
    const before = this.positions.get();
    const state = this.rooms.state(this.room);
    const news = list.filter(([pid, pos]) => pid !== this.ground.pid && state !== null && isIn(state, pid) && pos > (before.get(pid) ?? 0));
    if (news.length > 0 && this.rooms.count(this.room) <= MOST) this.positions.set(new Map([...before, ...news]));
  }
}
