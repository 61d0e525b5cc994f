/** Who has put which emoji under one message. Of each person and emoji the last word counts, by position. */
import type { Pid } from '../wire/ids';
import type { Reaction } from './api';

const NAMED = 50;

interface Word {
  readonly pos: number;
  readonly on: boolean;
}

/** One emoji under one message. Who comes last costs the same however many there are. */
class Tally {
  private readonly words = new Map<Pid, Word>();
  private count = 0;
  private top = 0;
  /** The first ones by position, and the first one's; `null`: to be looked for. */
  private named: readonly Pid[] | null = [];
  private since = 0;

  /** Whether that changed who is there. */
  put(pid: Pid, pos: number, on: boolean): boolean {
    const before = this.words.get(pid);
    if (before !== undefined && before.pos >= pos) return false;
    this.words.set(pid, { pos, on });
    const was = before?.on ?? false;
    if (on && !was) this.come(pid, pos);
    else if (!on && was) this.go(pid);
    else if (on && this.named?.includes(pid) !== false) this.named = null; // stands at another place now
    this.top = Math.max(this.top, pos);
    return was || on;
  }

  private come(pid: Pid, pos: number): void {
    this.count += 1;
    if (pos < this.top || this.named === null) this.named = null;
    else if (this.named.length < NAMED) {
      if (this.named.length === 0) this.since = pos;
      this.named = [...this.named, pid];
    }
  }

  private go(pid: Pid): void {
    this.count -= 1;
    if (this.named?.includes(pid) === true) this.named = null;
  }

  view(emoji: string, me: Pid): { readonly since: number; readonly view: Reaction } | null {
    if (this.count === 0) return null;
    if (this.named === null) {
      const there = [...this.words].filter(([, { on }]) => on).sort(([, a], [, b]) => a.pos - b.pos);
      this.named = there.slice(0, NAMED).map(([pid]) => pid);
      this.since = there[0]?.[1].pos ?? 0;
    }
    return { since: this.since, view: { emoji, count: this.count, mine: this.words.get(me)?.on ?? false, people: this.named } };
  }
}

export class Reactions {
  private readonly tallies = new Map<string, Tally>();
  private made: readonly Reaction[] | null = null;

  /** Whether that changed anything. */
  put(emoji: string, pid: Pid, pos: number, on: boolean): boolean {
    const tally = this.tallies.get(emoji) ?? new Tally();
    this.tallies.set(emoji, tally);
    const changed = tally.put(pid, pos, on);
    if (changed) this.made = null;
    return changed;
  }

  /** Oldest emoji first. */
  view(me: Pid): readonly Reaction[] {
    this.made ??= [...this.tallies]
      .flatMap(([emoji, tally]) => tally.view(emoji, me) ?? [])
      .sort((a, b) => a.since - b.since)
      .map(({ view }) => view);
    return this.made;
  }
}
