/**
 * Sees to it that all that is about a room's shown messages is here. It comes after them: who reads on to the newest has it, for messages
 * apart from these relay is asked (`Refs`), or without a connection the cache.
 */
import { Refusal } from '../doors/refusal';
import { equal } from '../wire/bytes';
import type { EnvelopeHead } from '../wire/envelope';
import type { RoomId } from '../wire/ids';
import type { Page } from '../wire/types';
import { isBase } from './fold';
import type { Ground } from './ground';
import type { Opener, Result } from './opener';
import { askRefs } from './page';
import type { Stored } from './storage';
import type { Way } from './tabs/following';
import type { Row, Window } from './window';

const A_REQUEST = 200;

export interface Opened {
  readonly pos: number;
  readonly result: Result;
}

export class About {
  /** From here to the newest everything has been folded. */
  private covered = Infinity;
  /** While the window does not reach the newest: up to here all that came has been folded. */
  heard = 0;

  constructor(
    private readonly room: RoomId,
    private readonly ground: Pick<Ground, 'storage'>,
    private readonly opener: Opener,
    private readonly window: Window,
    private readonly take: (list: readonly Opened[]) => void,
  ) {}

  /** The window reaches the newest: nothing is missing. */
  atEnd(): void {
    this.covered = this.window.bottom;
  }

  /** These rows have been added: they join what is here up to the newest, or what is about them is fetched. */
  async cover(rows: readonly Row[], stream: Way | null): Promise<void> {
    const last = rows.at(-1);
    if (last === undefined) return;
    if (last.pos >= this.covered - 1) this.covered = Math.min(this.covered, this.window.bottom);
    else await this.fetch(stream, rows, last.pos);
  }

  /** While the window was elsewhere, and nobody listened, something may have been said of its messages. */
  async missed(stream: Way, pos: number): Promise<void> {
    const from = this.covered === Infinity ? this.window.bottom : this.heard;
    if (pos <= from) return;
    this.covered = Infinity;
    await this.fetch(stream, this.window.rows, from);
    this.heard = pos;
    this.covered = pos + 1;
  }

  /** Fetches what is about these rows, after a position. */
  private async fetch(stream: Way | null, rows: readonly Row[], after: number): Promise<void> {
    const ids = rows.flatMap(({ head, opening }) => (head !== null && isBase(head) && opening !== 'cannot_open' ? [head.msgId] : []));
    if (stream === null) {
      const kept = await Promise.all(ids.map((id) => this.ground.storage.about(this.room, id)));
      await this.open(kept.flat());
      return;
    }
    for (let at = 0; at < ids.length; at += A_REQUEST) {
      for await (const page of askRefs(stream, { room: this.room, of: ids.slice(at, at + A_REQUEST), after, limit: A_REQUEST })) await this.keep(page);
    }
  }

  /** Opens envelopes from wherever they are kept, and takes those that are wanted. */
  async open(list: readonly Stored[], wanted: (head: EnvelopeHead) => boolean = () => true): Promise<void> {
    const results = list.length === 0 ? [] : await this.opener.open(this.room, list.map(({ env }) => env));
    this.take(results.flatMap((result, at) => (result.head !== null && wanted(result.head) ? [{ pos: list[at]?.pos ?? 0, result }] : [])));
  }

  /** As `open`, of a page from relay. */
  async keep(page: Page, wanted?: (head: EnvelopeHead) => boolean): Promise<void> {
    const list = storedOf(page);
    await this.sameAsKept(list);
    await this.ground.storage.keep(this.room, list).catch(() => undefined);
    await this.open(list, wanted);
  }

  /** Relay may not show another envelope where this device has one. */
  async sameAsKept(list: readonly Stored[]): Promise<void> {
    const kept = await this.ground.storage.some(this.room, list.map(({ pos }) => pos));
    list.forEach(({ pos, env }, at) => {
      const known = kept[at];
      if (this.window.differs(pos, env) || (known !== undefined && !equal(known, env))) throw new Refusal('relay_log_differs');
    });
  }
}

export function storedOf({ pos, env }: Page): Stored[] {
  return pos.flatMap((one, at): Stored[] => (env[at] ? [{ pos: one, env: env[at] }] : []));
}
