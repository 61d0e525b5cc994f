/** The rooms that are open on the screen: one log each, however many look at it. */
import { DELETION, EDIT, MESSAGE, REACTION } from '../wire/envelope';
import type { MsgId, Pid, RoomId } from '../wire/ids';
import type { Batch } from '../wire/types';
import { Refusal, type RoomModel, type ThreadModel } from './api';
import type { Result } from './opener';
import type { ToSay } from './outbox';
import { saidOf } from './said';
import { Seen } from './seen';
import { ThreadLog } from './thread';
import { RoomLog, type Parts } from './timeline';

interface OpenLog {
  readonly log: RoomLog;
  readonly seen: Seen;
  users: number;
}

export class Logs {
  private readonly open = new Map<RoomId, OpenLog>();

  constructor(
    private readonly parts: Parts,
    private readonly say: (room: RoomId, say: ToSay) => Promise<MsgId>,
  ) {}

  model(room: RoomId): RoomModel {
    const found = this.open.get(room) ?? this.begin(room);
    this.open.set(room, found);
    found.users += 1;
    const { log, seen } = found;
    const close = once(() => {
      this.done(room, found);
    });
    return {
      timeline: log.timeline,
      seen: seen.positions,
      send: async (draft) => {
        const thread = typeof draft === 'string' ? null : (draft.thread ?? null);
        const id = await this.say(room, { kind: MESSAGE, thread, ref: null, said: saidOf(draft) });
        if (thread === null) void log.newest();
        return id;
      },
      edit: async (id, draft) => {
        await this.say(room, { ...this.about(log, id), kind: EDIT, said: saidOf(draft) });
      },
      remove: async (id) => {
        await this.say(room, { ...this.about(log, id), kind: DELETION, said: {} });
      },
      react: async (id, emoji, on) => {
        const mine = log.view.message(id, log.view.eyes())?.reactions.find((one) => one.emoji === emoji)?.mine ?? false;
        if (mine !== on) await this.say(room, { ...this.about(log, id), kind: REACTION, said: { e: emoji, x: !on } });
      },
      thread: (root) => this.thread(found, room, root),
      retry: (id) => this.parts.outbox.retry(id),
      discard: (id) => this.parts.outbox.discard(id),
      older: () => log.older(),
      newer: () => log.newer(),
      newest: () => log.newest(),
      jump: (id) => log.jump(id),
      read: () => {
        log.read();
      },
      typing: () => {
        log.typing();
      },
      close,
    };
  }

  private begin(room: RoomId): OpenLog {
    const seen = new Seen(this.parts.ground, room, this.parts.rooms);
    void seen.ask();
    return { log: new RoomLog(room, this.parts), seen, users: 0 };
  }

  private done(room: RoomId, found: OpenLog): void {
    found.users -= 1;
    if (found.users > 0) return;
    found.log.end();
    if (this.open.get(room) === found) this.open.delete(room);
  }

  /** A thread keeps its room's log. */
  private thread(found: OpenLog, room: RoomId, root: MsgId): ThreadModel {
    const { log } = found;
    const thread = new ThreadLog(root, log);
    log.attend(thread);
    found.users += 1;
    const close = once(() => {
      log.leave(thread, thread.shown);
      this.done(room, found);
    });
    return { timeline: thread.timeline, older: () => thread.older(), close };
  }

  /** Where something about a message goes: into the message's own thread. */
  private about(log: RoomLog, id: MsgId): Pick<ToSay, 'thread' | 'ref'> {
    const head = log.fold.get(id)?.base?.head ?? this.parts.outbox.of(log.room).find((one) => one.id === id);
    if (head === undefined) throw new Refusal('not_found');
    return { thread: head.thread, ref: id };
  }

  has(room: RoomId): boolean {
    return this.open.has(room);
  }

  batch({ room, pos, env }: Batch, opened: Promise<readonly Result[]>): void {
    this.open.get(room)?.log.batch(pos, env, opened);
  }

  typist(room: RoomId, pid: Pid): void {
    this.open.get(room)?.log.typist(pid);
  }

  read(room: RoomId, pid: Pid, pos: number): void {
    this.open.get(room)?.seen.take([[pid, pos]]);
  }

  /** What waits in the room's outbox changed. */
  refresh(room: RoomId): void {
    this.open.get(room)?.log.refresh(false);
  }

  /** There may be a newer roster. */
  ruled(room: RoomId): void {
    this.open.get(room)?.log.ruled();
  }

  renamed(): void {
    for (const { log } of this.open.values()) log.refresh(true);
  }

  /** Relay is there. */
  catchUp(): void {
    for (const { log, seen } of this.open.values()) {
      log.catchUp();
      void seen.ask();
    }
  }

  /** Home is there again. */
  reopen(): void {
    for (const { log } of this.open.values()) log.reopen();
  }

  end(): void {
    for (const { log } of this.open.values()) log.end();
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
