/** What relay says during a connection: every frame to the part that it is for. */
import type { Frame } from '../wire/frames';
import type { RoomId } from '../wire/ids';
import type { Batch } from '../wire/types';
import type { Ground } from './ground';
import type { Live } from './live';
import type { Logs } from './logs';
import type { Meetings } from './meeting';
import type { Presence } from './presence';
import type { Rooms } from './rooms';
import type { Sender } from './sender';
import { spread } from './size';

export interface ArrivalParts {
  readonly ground: Ground;
  readonly rooms: Rooms;
  readonly logs: Logs;
  readonly live: Live;
  readonly sender: Sender;
  readonly presence: Presence;
  readonly meetings: Meetings;
  /** Whether it is this tab that puts into storage what comes for all of them. */
  keeps(): boolean;
  /** Something changed of which home has to tell. */
  askHome(): void;
  /** There are new envelopes. */
  came(): void;
  /** Relay's clock, ms since 1970. */
  clock(now: number): void;
}

export class Arrivals {
  private hint: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly parts: ArrivalParts) {}

  frame({ kind, body }: Frame): void {
    const { ground, rooms, logs, sender, presence, meetings } = this.parts;
    switch (kind) {
      case 'Batch':
        this.batch(body);
        break;
      case 'Sent':
        sender.sent(body);
        break;
      case 'StreamError':
        sender.refused(body);
        break;
      case 'RosterIs':
        void rooms.roster(body).then((unknown) => {
          if (unknown !== null) this.parts.askHome();
        });
        break;
      case 'RosterAt':
        if (rooms.rosterAt(body) !== null) this.parts.askHome();
        break;
      case 'HintIs':
        ground.keys.hint(body.jws).then(({ to }) => {
          this.hinted(spread(rooms.count(to as RoomId)));
        }, () => undefined);
        break;
      case 'ReadIs':
        if (body.pid === ground.pid) rooms.read(body.room, body.pos);
        else logs.read(body.room, body.pid, body.pos);
        break;
      case 'TypingIs':
        logs.typist(body.room, body.pid);
        break;
      case 'Meeting':
        rooms.meeting(body);
        break;
      case 'PresenceIs':
        presence.take(body);
        break;
      case 'MediaAckIs':
        meetings.acked(body);
        break;
      case 'Pong':
        this.parts.clock(body.now);
        break;
    }
  }

  stop(): void {
    if (this.hint !== null) clearTimeout(this.hint);
  }

  private batch(batch: Batch): void {
    const { ground, rooms, logs, live } = this.parts;
    const { room, pos, env } = batch;
    const list = env.map((one, index) => ({ pos: pos + index, env: one }));
    if (this.parts.keeps()) void ground.storage.keep(room, list).catch(() => undefined);
    rooms.batch(room, pos, env);
    this.parts.came();
    logs.batch(batch, live.batch(batch));
  }

  /** Asks home what changed: at once, or spread over a while if all of a big room's devices were told. */
  private hinted(wait: number): void {
    if (wait === 0) this.parts.askHome();
    else {
      this.hint ??= setTimeout(() => {
        this.hint = null;
        this.parts.askHome();
      }, wait);
    }
  }
}
