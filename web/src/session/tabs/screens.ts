/** What the tabs of this device show together: relay knows one screen a device. For the tab that leads. */
import type { Pid } from '../../wire/ids';
import type { PresenceIs } from '../../wire/types';
import type { Shown } from '../presence';
import type { TabId } from './messages';

const MOST = 200;
/** A tab that was silent for so long is closed or asleep: in the background timers come once a minute. */
const SILENT_MS = 150_000;

export class Screens {
  private readonly tabs = new Map<TabId, { shown: Shown; heard: number }>();
  private states: PresenceIs['of'] = {};

  /** A tab shows something else; what all of them show. Nobody is away who touches one of them. */
  set(tab: TabId, shown: Shown): Shown {
    const now = Date.now();
    this.tabs.set(tab, { shown, heard: now });
    const pids = new Set<Pid>();
    let away = true;
    for (const [id, one] of this.tabs) {
      if (now - one.heard > SILENT_MS) {
        this.tabs.delete(id);
        continue;
      }
      away &&= one.shown.away;
      for (const pid of one.shown.pids) if (pids.size < MOST) pids.add(pid);
    }
    this.states = Object.fromEntries(Object.entries(this.states).filter(([pid]) => pids.has(pid as Pid)));
    return { pids: [...pids], away };
  }

  heard(tab: TabId): void {
    const found = this.tabs.get(tab);
    if (found !== undefined) found.heard = Date.now();
  }

  take({ of }: PresenceIs): void {
    this.states = { ...this.states, ...of };
  }

  /** What relay has told of those who are shown: it tells a device nothing twice. */
  known(): PresenceIs {
    return { of: this.states };
  }

  clear(): void {
    this.tabs.clear();
    this.states = {};
  }
}
