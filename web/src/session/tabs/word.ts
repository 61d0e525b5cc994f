/** Relay's word until now: what it said at the welcome, and every frame since. For a tab that comes later. Nothing is verified here. */
import type { Frame } from '../../wire/frames';
import type { Pid, RoomId } from '../../wire/ids';
import { peek } from '../../wire/jws';
import type { Batch, Welcome } from '../../wire/types';
import { counts as isCounted, headOf } from '../heads';

export class Word {
  private readonly rooms: Welcome['rooms'];
  private readonly meetings: Welcome['meetings'];
  /** ms that relay's clock is ahead of this device's. */
  private ahead: number;

  constructor(
    private readonly first: Welcome,
    private readonly me: Pid,
  ) {
    this.rooms = { ...first.rooms };
    this.meetings = { ...first.meetings };
    this.ahead = first.now - Date.now();
  }

  /** What relay would say now. */
  welcome(): Welcome {
    return { ...this.first, now: Date.now() + this.ahead, rooms: { ...this.rooms }, meetings: { ...this.meetings } };
  }

  take({ kind, body }: Frame): void {
    switch (kind) {
      case 'Batch':
        this.batch(body);
        break;
      case 'RosterIs':
        this.roster(body.jws, body.members);
        break;
      case 'RosterAt':
        this.applied(body.room, body.version, body.members);
        break;
      case 'ReadIs':
        if (body.pid === this.me) this.read(body.room, body.pos);
        break;
      case 'Meeting':
        if (body.meeting === null) Reflect.deleteProperty(this.meetings, body.room);
        else this.meetings[body.room] = body;
        break;
      case 'Pong':
        this.ahead = body.now - Date.now();
        break;
    }
  }

  private batch({ room, pos, env }: Batch): void {
    const head = this.rooms[room];
    if (head === undefined) return;
    let { unread } = head;
    env.forEach((one, index) => {
      if (pos + index > head.pos && pos + index > head.read && this.counts(one)) unread += 1;
    });
    this.rooms[room] = { ...head, pos: Math.max(head.pos, pos + env.length - 1), unread };
  }

  /** Whether the envelope is somebody else's message, or call. */
  private counts(env: Batch['env'][number]): boolean {
    const head = headOf(env);
    return head !== null && head.pid !== this.me && isCounted(head);
  }

  private roster(jws: string, members: string): void {
    try {
      const { room, version } = peek(jws, 'Roster');
      this.applied(room, version, members);
    } catch {
      // Who looks at the statement itself says what is wrong with it; relay's claim is not known then.
    }
  }

  private applied(room: RoomId, version: number, members: string): void {
    const head = this.rooms[room] ?? { pos: 0, version: 0, members: '', read: 0, unread: 0 };
    if (version > head.version) this.rooms[room] = { ...head, version, members };
  }

  private read(room: RoomId, pos: number): void {
    const head = this.rooms[room];
    if (head === undefined || pos <= head.read) return;
    this.rooms[room] = { ...head, read: pos, unread: pos >= head.pos ? 0 : head.unread };
  }
}
