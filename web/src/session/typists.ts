/** Who is writing in a room now. */
import type { Pid } from '../wire/ids';

const SHOWN_MS = 6_000;
const SAID_MS = 3_000;

export class Typists {
  private readonly timers = new Map<Pid, ReturnType<typeof setTimeout>>();
  private said = 0;

  constructor(private readonly changed: () => void) {}

  get pids(): Pid[] {
    return [...this.timers.keys()];
  }

  writes(pid: Pid): void {
    clearTimeout(this.timers.get(pid));
    this.timers.set(pid, setTimeout(() => {
      this.stopped(pid);
      this.changed();
    }, SHOWN_MS));
    this.changed();
  }

  stopped(pid: Pid): void {
    clearTimeout(this.timers.get(pid));
    this.timers.delete(pid);
  }

  /** Says that one writes oneself, now and then. */
  say(send: () => boolean): void {
    if (Date.now() - this.said >= SAID_MS && send()) this.said = Date.now();
  }

  end(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}
