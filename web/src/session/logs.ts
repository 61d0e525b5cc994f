/** The rooms that are open on the screen: one log each, however many look at it. */
import type { MsgId, Pid, RoomId } from '../wire/ids';
import type { Batch } from '../wire/types';
import { Refusal, type RoomModel } from './api';
import { Signal } from './signal';
import { RoomLog, type Parts } from './timeline';

interface OpenLog {
  readonly log: RoomLog;
  users: number;
}

export class Logs {
  private readonly open = new Map<RoomId, OpenLog>();

  constructor(
    private readonly parts: Parts,
    private readonly send: (room: RoomId, text: string, mentions: readonly Pid[]) => Promise<MsgId>,
  ) {}

  model(room: RoomId): RoomModel {
    const found = this.open.get(room) ?? { log: new RoomLog(room, this.parts), users: 0 };
    this.open.set(room, found);
    found.users += 1;
    const { log } = found;
    let open = true;
    return {
      timeline: log.timeline,
      send: (draft) => (typeof draft === 'string' ? this.send(room, draft, []) : this.send(room, draft.text, draft.mentions ?? [])),
      edit: () => Promise.reject(new Refusal('unsupported')),
      remove: () => Promise.reject(new Refusal('unsupported')),
      react: () => Promise.reject(new Refusal('unsupported')),
      thread: () => ({ timeline: log.timeline, older: () => Promise.resolve(), close: () => undefined }),
      seen: new Signal(new Map()),
      jump: () => Promise.resolve(false),
      newest: () => Promise.resolve(),
      newer: () => Promise.resolve(),
      retry: (id) => this.parts.outbox.retry(id),
      discard: (id) => this.parts.outbox.discard(id),
      older: () => log.older(),
      read: () => {
        log.read();
      },
      typing: () => {
        log.typing();
      },
      close: () => {
        if (!open) return;
        open = false;
        found.users -= 1;
        if (found.users > 0) return;
        log.end();
        if (this.open.get(room) === found) this.open.delete(room);
      },
    };
  }

  has(room: RoomId): boolean {
    return this.open.has(room);
  }

  batch({ room, pos, env }: Batch): void {
    this.open.get(room)?.log.batch(pos, env);
  }

  typist(room: RoomId, pid: Pid): void {
    this.open.get(room)?.log.typist(pid);
  }

  /** What waits in the room's outbox changed. */
  refresh(room: RoomId): void {
    this.open.get(room)?.log.refresh(false);
  }

  renamed(): void {
    for (const { log } of this.open.values()) log.refresh(true);
  }

  /** Relay is there. */
  catchUp(): void {
    for (const { log } of this.open.values()) log.catchUp();
  }

  /** Home is there again. */
  reopen(): void {
    for (const { log } of this.open.values()) log.reopen();
  }

  end(): void {
    for (const { log } of this.open.values()) log.end();
  }
}
