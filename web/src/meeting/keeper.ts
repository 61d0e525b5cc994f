/**
 * Keeps the media worker supplied with the right secrets: {@link Rotation} with a clock, home and the other members attached.
 *
 * It starts while the preview is shown, so that the first secret is in the worker before *Join meeting* is pressed.
 */
import type { CallId, Dev, MeetingAccess, Pid } from '../session/api.ts';
import { idRaw } from '../wire/ids.ts';
import { type Period, dayOf, nextDayAt, senderOf, tagOf } from './keys.ts';
import type { Link } from './link.ts';
import { type Effect, type Event, Rotation } from './rotation.ts';

/** Home is asked for the newest roster this often, so that relay cannot hide a removal (rule 8). */
const REFRESH_MS = 30_000;
/** A frame of an epoch this far ahead makes us ask at once, at most this often, in ms. */
const EPOCHS_AHEAD = 16;
const REFRESH_GAP_MS = 3000;
/** Tomorrow's secret is fetched in the last minutes of a day, spread over people, in ms. */
const EARLY_MS = 10 * 60_000;

export interface KeeperNews {
  /** A secret arrived: tracks that did not open may open now. */
  opened(): void;
  /** Home refused the secret; `null` when it was given after all. */
  refused(code: string | null): void;
}

export class Keeper {
  readonly #rotation = new Rotation();
  readonly #ends: (() => void)[] = [];
  /** Epoch → the members when it came, to tell a removal from an addition. */
  #members: ReadonlySet<Pid>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #meeting: CallId | null = null;
  #earlyDay: number | null = null;
  #stopped = false;
  #refreshedAt = -REFRESH_GAP_MS;
  /** Secrets that the worker has, or gets once the meeting is named. */
  readonly #held = new Map<Period, CryptoKey>();
  readonly #earlyMs = EARLY_MS * (0.2 + 0.8 * Math.random());

  constructor(
    private readonly access: MeetingAccess,
    private readonly link: Link,
    private readonly news: KeeperNews,
  ) {
    this.#members = access.members.get();
    this.#ends.push(
      access.epoch.subscribe(() => {
        // Epoch and members change together; look when both have.
        queueMicrotask(() => {
          this.#look();
        });
      }),
      access.onAck((meeting, pid: Pid, dev: Dev, epoch) => {
        if (meeting === this.#meeting) this.#receive({ kind: 'acked', who: `${pid}.${dev}`, epoch });
      }),
    );
    const refresh = setInterval(() => {
      access.refresh().catch(() => undefined);
    }, REFRESH_MS);
    this.#ends.push(() => {
      clearInterval(refresh);
    });
    // The member list is that of this epoch; nothing to compare with yet.
    this.#want(false);
  }

  /** Names the meeting: the worker can derive keys from now on. `false` if relay gave something that is not a meeting's id. */
  enter(meeting: CallId): boolean {
    const me = senderOf(`${this.access.me.pid}.${this.access.me.dev}`);
    if (me === null) return false;
    if (this.#meeting === meeting) return true;
    try {
      this.link.tell({ kind: 'setup', meeting: idRaw('c', meeting), me });
    } catch {
      return false;
    }
    this.#meeting = meeting;
    for (const [period, base] of this.#held) this.link.tell({ kind: 'base', period, base });
    const { current } = this.#rotation;
    if (current !== null) {
      this.link.tell({ kind: 'send', period: current });
      this.access.ack(meeting, current.epoch);
    }
    return true;
  }

  /** Who else is in the meeting, as LiveKit identities of members. */
  present(who: ReadonlySet<string>): void {
    this.#receive({ kind: 'present', who });
  }

  seen(tag: number): void {
    this.#receive({ kind: 'seen', tag });
  }

  /** A frame came for a period whose secret is not in the worker. */
  missing(tag: number): void {
    const epoch = this.access.epoch.get();
    const today = dayOf(Date.now());
    for (const day of [today, today + 1]) {
      if (tagOf({ epoch, day }) !== tag) continue;
      // This epoch, but a sender whose clock is ahead of ours, or a secret that was refused once.
      if (day === today) this.#receive({ kind: 'wanted', period: { epoch, day }, atOnce: false });
      else this.#early({ epoch, day });
      return;
    }
    // An epoch that relay has not told us of, perhaps; or what the SFU made up at a mute, whose tag is noise.
    const ahead = ((tag >>> 16) - epoch) & 0xffff;
    const now = performance.now();
    if (ahead === 0 || ahead > EPOCHS_AHEAD || now - this.#refreshedAt < REFRESH_GAP_MS) return;
    this.#refreshedAt = now;
    this.access.refresh().catch(() => undefined);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const end of this.#ends) end();
  }

  #want(atOnce: boolean): void {
    this.#receive({ kind: 'wanted', period: { epoch: this.access.epoch.get(), day: dayOf(Date.now()) }, atOnce });
  }

  #look(): void {
    const before = this.#members;
    const after = this.access.members.get();
    this.#members = after;
    const removed = [...before].some((pid) => !after.has(pid));
    const added = [...after].some((pid) => !before.has(pid));
    // An epoch without an addition was made because somebody or some device lost the right.
    this.#want(removed || !added);
  }

  #receive(event: Event): void {
    if (this.#stopped) return;
    for (const effect of this.#rotation.receive(event, performance.now())) this.#do(effect);
    this.#schedule();
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case 'fetch':
        void this.#fetch(effect.period);
        break;
      case 'ack':
        if (this.#meeting !== null) this.access.ack(this.#meeting, effect.epoch);
        break;
      case 'send':
        if (this.#meeting !== null) this.link.tell({ kind: 'send', period: effect.period });
        break;
      case 'drop':
        this.#forget(effect.period);
        break;
    }
  }

  async #fetch(period: Period): Promise<void> {
    try {
      this.#put(period, await this.access.base(period.epoch, period.day));
    } catch (error) {
      if (this.#stopped) return;
      this.#receive({ kind: 'refused', period });
      this.news.refused(error instanceof Error && 'code' in error ? String(error.code) : 'internal');
      return;
    }
    if (this.#stopped) return;
    this.news.refused(null);
    this.#receive({ kind: 'key', period });
    this.news.opened();
  }

  /** Puts a secret into the worker without sending under it. */
  #early(period: Period): void {
    if (this.#earlyDay === period.day) return;
    this.#earlyDay = period.day;
    this.access.base(period.epoch, period.day).then(
      (base) => {
        if (this.#stopped) return;
        this.#put(period, base);
        this.news.opened();
      },
      () => {
        this.#earlyDay = null;
      },
    );
  }

  #put(period: Period, base: CryptoKey): void {
    if (this.#stopped) return;
    for (const held of this.#held.keys()) if (tagOf(held) === tagOf(period)) this.#held.delete(held);
    this.#held.set(period, base);
    if (this.#meeting !== null) this.link.tell({ kind: 'base', period, base });
  }

  #forget(period: Period): void {
    for (const held of this.#held.keys()) if (tagOf(held) === tagOf(period)) this.#held.delete(held);
    this.link.tell({ kind: 'drop', period });
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const midnight = nextDayAt(now);
    const early = midnight - this.#earlyMs;
    const waits = [midnight - now + 5, early > now ? early - now : Infinity];
    const wake = this.#rotation.wakeAt;
    if (wake !== null) waits.push(Math.max(0, wake - performance.now()));
    this.#timer = setTimeout(
      () => {
        const epoch = this.access.epoch.get();
        const at = Date.now();
        if (nextDayAt(at) - at <= this.#earlyMs) this.#early({ epoch, day: dayOf(at) + 1 });
        const { current } = this.#rotation;
        if (current !== null && dayOf(at) > current.day) this.#want(false);
        this.#receive({ kind: 'tick' });
      },
      Math.min(...waits, 60_000),
    );
  }
}
