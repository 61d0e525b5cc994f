/**
 * Who of the people on the screen is there. Whatever screen reads {@link Presence.of} and listens to it shows that person; relay is told
 * whom this tab shows, and whether nobody has touched it for ten minutes.
 */
import type { Pid } from '../wire/ids';
import type { ClientFrames, PresenceIs, PresenceState } from '../wire/types';
import type { Readable } from './api';
import { Signal } from './signal';

export type Shown = ClientFrames['Presence'];

/** As many as relay tells of at a time (`wire.stream.MAX_WATCHED`). */
const MOST = 200;
const AWAY_MS = 10 * 60_000;
const LOOK_MS = 15_000;
/** Changes of what is shown are told no more often. */
const PAUSE_MS = 1_000;
/** Screens change in bursts. */
const REST_MS = 50;
const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

export class Presence {
  private readonly people = new Map<Pid, Person>();
  private touched = Date.now();
  private away = false;
  private told = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly looking: ReturnType<typeof setInterval>;

  constructor(private readonly tell: (shown: Shown) => void) {
    for (const kind of TOUCHES) addEventListener(kind, this.touch, { capture: true, passive: true });
    this.looking = setInterval(() => {
      this.look();
    }, LOOK_MS);
  }

  of(pid: Pid): Readable<PresenceState> {
    let person = this.people.get(pid);
    if (person === undefined) {
      person = new Person(() => {
        this.soon();
      });
      this.people.set(pid, person);
    }
    return person;
  }

  take({ of }: PresenceIs): void {
    for (const [pid, state] of Object.entries(of) as [Pid, PresenceState][]) this.people.get(pid)?.state.set(state);
  }

  /** There is a connection, which knows nothing of this tab yet. */
  up(): void {
    this.down();
    this.soon();
  }

  /** Nothing is known of anybody. */
  down(): void {
    for (const { state } of this.people.values()) state.set('offline');
  }

  stop(): void {
    for (const kind of TOUCHES) removeEventListener(kind, this.touch, { capture: true });
    clearInterval(this.looking);
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private readonly touch = (): void => {
    this.touched = Date.now();
    if (this.away) this.look();
  };

  private look(): void {
    const away = Date.now() - this.touched >= AWAY_MS;
    if (away === this.away) return;
    this.away = away;
    this.soon();
  }

  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.told = Date.now();
      const pids = [...this.people].flatMap(([pid, { shown }]) => (shown ? [pid] : []));
      // Who is not on the screen is not followed any more.
      for (const { shown, state } of this.people.values()) if (!shown) state.set('offline');
      this.tell({ pids: pids.slice(0, MOST), away: this.away });
    }, Math.max(REST_MS, this.told + PAUSE_MS - Date.now()));
  }
}

class Person implements Readable<PresenceState> {
  readonly state = new Signal<PresenceState>('offline');
  private users = 0;

  constructor(private readonly changed: () => void) {}

  get shown(): boolean {
    return this.users > 0;
  }

  get(): PresenceState {
    return this.state.get();
  }

  subscribe(listener: () => void): () => void {
    const stop = this.state.subscribe(listener);
    if (++this.users === 1) this.changed();
    return () => {
      stop();
      if (--this.users === 0) this.changed();
    };
  }
}
