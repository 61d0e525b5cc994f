/** What owners, moderators and the person themself do beside the chat: blocks, reports, webhooks, one's own data. Loads when it is needed first. */
import { ModerationDoor } from '../doors/moderation';
import type { Pid, RoomId } from '../wire/ids';
import type { Changed, Export, Hook, HookMade, Reports } from '../wire/types';
import type { BlockedPerson, Message, Moderation, Outcome, Reason, ReportPage, ReportsOf } from './api';
import type { Ground } from './ground';

/** What a report holds of the message (`wire/moderation_api.py`). */
const MAX_COPY = 4000;

/** What this part stands on. */
export interface ModerationGround {
  readonly ground: Pick<Ground, 'home' | 'people' | 'asked'>;
  /** Takes home's answer to a change of a room. */
  take(reply: Promise<Changed>): Promise<Changed>;
  /** Whether somebody is in the room's meeting. */
  meets(room: RoomId, pid: Pid): boolean;
}

export class ModerationPart implements Moderation {
  private readonly door: ModerationDoor;

  constructor(private readonly on: ModerationGround) {
    this.door = new ModerationDoor(on.ground.home);
  }

  async block(room: RoomId, pid: Pid): Promise<void> {
    await this.on.take(this.asked(this.door.block(room, pid, this.on.meets(room, pid))));
  }

  async blocked(room: RoomId): Promise<readonly BlockedPerson[]> {
    const { people } = await this.asked(this.door.blocked(room));
    this.on.ground.people.learn(people.map(({ person }) => person));
    return people.map(({ person, by, at }) => ({ person: this.on.ground.people.get(person.pid), by: this.on.ground.people.get(by), at: at * 1000 }));
  }

  unblock(room: RoomId, pid: Pid): Promise<void> {
    return this.asked(this.door.unblock(room, pid));
  }

  async report(message: Message, reason: Reason, words: string): Promise<'room' | 'authority'> {
    const { id: msg, room, author, text } = message;
    const copy = Array.from(text).slice(0, MAX_COPY).join('');
    return (await this.asked(this.door.report({ room, msg, author: author.pid, reason, words, text: copy }))).level;
  }

  async reports(which: ReportsOf, skip: number): Promise<ReportPage> {
    const found: Reports = await this.asked(this.door.reports(which, skip));
    this.on.ground.people.learn(found.people);
    const person = (pid: Pid) => this.on.ground.people.get(pid);
    return {
      ...found,
      reports: found.reports.map((one) => ({
        ...one,
        author: person(one.author),
        reporter: person(one.reporter),
        by: one.by === null ? null : person(one.by),
        at: one.at * 1000,
        closed: one.closed === null ? null : one.closed * 1000,
      })),
    };
  }

  close(report: number, outcome: Outcome, answer: string): Promise<void> {
    return this.asked(this.door.close(report, { outcome, answer }));
  }

  async hooks(room: RoomId): Promise<readonly Hook[]> {
    return (await this.asked(this.door.hooks(room))).hooks;
  }

  makeHook(room: RoomId, name: string): Promise<HookMade> {
    return this.asked(this.door.makeHook(room, name));
  }

  turnHook(room: RoomId, pid: Pid): Promise<HookMade> {
    return this.asked(this.door.turnHook(room, pid));
  }

  removeHook(room: RoomId, pid: Pid): Promise<void> {
    return this.asked(this.door.removeHook(room, pid));
  }

  export(): Promise<Export> {
    return this.asked(this.door.export());
  }

  beginExport(): Promise<Export> {
    return this.asked(this.door.beginExport());
  }

  private asked<T>(call: Promise<T>): Promise<T> {
    return this.on.ground.asked(call);
  }
}
