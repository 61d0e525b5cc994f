/**
 * A run of a room's envelopes without a hole, and what their numbering says. Pure.
 *
 * Every device numbers its envelopes in a room without a hole (rule 5): a number or an id that stands twice is a replay and does not open, a
 * number left out is one that relay kept back or lost. From the room's beginning on, each begins at 1.
 */
import { equal, type Bytes } from '../wire/bytes';
import type { EnvelopeHead } from '../wire/envelope';
import type { Dev, MsgId } from '../wire/ids';
import type { Message, Opening } from './api';
import type { Result } from './opener';

export interface Row {
  readonly pos: number;
  readonly env: Bytes;
  readonly head: EnvelopeHead | null;
  opening: Opening;
  /** What the screens see of one that cannot be read; made anew when `null`. */
  view: Message | null;
}

export class Window {
  rows: Row[] = [];
  /** Positions before which a message is missing. */
  gaps: number[] = [];
  /** There is something before the first row, as far as is known. */
  more = true;
  private ids = new Set<MsgId>();
  private last = new Map<Dev, number>();

  /** Position of the first row; 0: none. */
  get bottom(): number {
    return this.rows[0]?.pos ?? 0;
  }

  get top(): number {
    return this.rows.at(-1)?.pos ?? 0;
  }

  has(id: MsgId): boolean {
    return this.ids.has(id);
  }

  /** Adds what comes right before or after; rows are made of it, those that are replays closed. */
  add(list: readonly { readonly pos: number; readonly env: Bytes; readonly result: Result }[], where: 'above' | 'below'): Row[] {
    const rows = list.map(({ pos, env, result: { head, opening } }): Row => ({ pos, env, head, opening, view: null }));
    if (where === 'above') this.rows.push(...rows);
    else this.rows = [...rows, ...this.rows];
    if (this.bottom <= 1) this.more = false;
    if (where === 'above' && rows.length < this.rows.length) this.number(rows);
    else this.renumber();
    return rows;
  }

  /** Relay says that there is nothing before, or that there is. */
  setMore(more: boolean): void {
    this.more = more && this.bottom !== 1;
    this.renumber();
  }

  /** Forgets so many rows at an end. */
  trim(count: number, where: 'above' | 'below'): Row[] {
    const gone = where === 'above' ? this.rows.splice(this.rows.length - count, count) : this.rows.splice(0, count);
    if (where === 'below' && gone.length > 0) this.more = true;
    this.renumber();
    return gone;
  }

  clear(): Row[] {
    const gone = this.rows;
    this.rows = [];
    this.more = true;
    this.renumber();
    return gone;
  }

  /** Whether another envelope than this one opened at that place before. */
  differs(pos: number, env: Bytes | undefined): boolean {
    // Without holes it stands right there; relay may have given a page that has some.
    const there = this.rows[pos - this.bottom];
    const row = there?.pos === pos ? there : this.rows.find((one) => one.pos === pos);
    return row !== undefined && row.opening !== 'cannot_open' && (env === undefined || !equal(row.env, env));
  }

  private renumber(): void {
    this.ids = new Set();
    this.last = new Map();
    this.gaps = [];
    this.number(this.rows);
  }

  private number(rows: readonly Row[]): void {
    const gaps: number[] = [];
    for (const row of rows) {
      const { head, opening } = row;
      if (head === null || opening === 'cannot_open') continue;
      const before = this.last.get(head.dev) ?? (this.more ? head.seq - 1 : 0);
      if (this.ids.has(head.msgId) || head.seq <= before) {
        row.opening = 'cannot_open';
        row.view = null;
        continue;
      }
      if (head.seq > before + 1) gaps.push(row.pos);
      this.ids.add(head.msgId);
      this.last.set(head.dev, head.seq);
    }
    if (gaps.length > 0) this.gaps = [...this.gaps, ...gaps];
  }
}
