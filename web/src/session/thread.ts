/** One open thread: its root and what was answered to it, from the cache, from relay, and as it comes. */
import { isBase } from './fold';
import type { MsgId } from '../wire/ids';
import type { Opened } from './about';
import type { Timeline } from './api';
import type { Result } from './opener';
import { askFound, askThread } from './page';
import { Signal, soon } from './signal';
import type { Way } from './tabs/following';
import type { Reader, RoomLog } from './timeline';

const PAGE = 50;
const CACHED_AT_ONCE = 200;

export class ThreadLog implements Reader {
  readonly timeline: Signal<Timeline>;
  /** The answers that are here, and where they stand. */
  private readonly replies = new Map<MsgId, number>();
  /** The lowest position that relay was asked for; 0: not asked yet. */
  private bottom = 0;
  private more = true;
  private loading = true;
  private readonly publish = soon(() => {
    this.timeline.set(this.view());
  });

  constructor(
    readonly root: MsgId,
    private readonly log: RoomLog,
  ) {
    for (const { pos, head } of log.rows) if (head?.thread === root && isBase(head)) this.replies.set(head.msgId, pos);
    this.timeline = new Signal(this.view());
    void log.quietly(async () => {
      const kept = await log.parts.ground.storage.about(log.room, root);
      await log.about.open(kept.slice(-CACHED_AT_ONCE), (head) => this.belongs(head));
      this.publish();
    });
    this.catchUp();
  }

  /** The newest page: what was answered while there was no connection. */
  catchUp(): void {
    void this.log.quietly(async () => {
      const stream = this.log.parts.ground.stream();
      if (stream !== null) {
        await this.page(stream, null);
        if (this.log.fold.get(this.root)?.base == null) await this.fetchRoot(stream);
      }
      this.loading = false;
      this.publish();
    });
  }

  older(): Promise<void> {
    return this.log.quietly(async () => {
      const stream = this.log.parts.ground.stream();
      if (stream === null || !this.more || this.bottom === 0) return;
      this.loading = true;
      this.publish();
      try {
        await this.page(stream, this.bottom);
      } finally {
        this.loading = false;
        this.publish();
      }
    });
  }

  took(list: readonly Opened[]): void {
    for (const { pos, result: { head, opening } } of list) {
      if (head?.thread === this.root && isBase(head) && opening !== 'cannot_open') this.replies.set(head.msgId, pos);
    }
  }

  changed(): void {
    this.publish();
  }

  shows(id: MsgId): boolean {
    return id === this.root || this.replies.has(id);
  }

  /** What it showed, for whoever forgets it. */
  get shown(): MsgId[] {
    return [this.root, ...this.replies.keys()];
  }

  private async page(stream: Way, before: number | null): Promise<void> {
    const { room } = this.log;
    const page = await askThread(stream, { room, thread: this.root, before, limit: PAGE });
    const overlaps = before === null && this.bottom > 0;
    if (!overlaps || (page.pos[0] ?? 0) < this.bottom) {
      this.bottom = page.pos[0] ?? this.bottom;
      this.more = page.more;
    }
    await this.log.about.keep(page, (head) => this.belongs(head));
  }

  private async fetchRoot(stream: Way): Promise<void> {
    const page = await askFound(stream, { room: this.log.room, msg: this.root, limit: 1 });
    if (page !== null) await this.log.about.keep(page, (head) => this.belongs(head));
  }

  private belongs({ msgId, thread, ref }: NonNullable<Result['head']>): boolean {
    return msgId === this.root || thread === this.root || ref === this.root;
  }

  private view(): Timeline {
    const eyes = this.log.view.eyes();
    const inOrder = [...this.replies].sort(([, a], [, b]) => a - b).map(([id]) => id);
    const messages = [this.root, ...inOrder].map((id) => this.log.view.message(id, eyes)).filter((message) => message !== null);
    const { readUpTo } = this.log;
    return { messages: [...messages, ...this.log.view.waiting(this.root, eyes)], loading: this.loading, more: this.more && this.bottom > 0, moreNewer: false, readUpTo, gaps: [], typing: [] };
  }
}
