/**
 * When to take, use and forget media keys: a plain state machine without clock or network (docs/protocol.md, Media).
 *
 * A new period (epoch or UTC day) is fetched, put into the worker and acknowledged to the others. Sending moves to it when all
 * who are present have acknowledged, at the latest 1 s after the key is here, and at once after a removal or when somebody else
 * already sends under it. The old key opens frames for 2 s more when everybody has moved or somebody was removed, else for 10 s.
 */
import { type Period, tagOf } from './keys.ts';

export const SWITCH_AT_LATEST_MS = 1000;
export const KEEP_AT_LEAST_MS = 2000;
export const KEEP_AT_MOST_MS = 10_000;
/** A fetch that failed is tried again after this, doubled each time up to a quarter minute. */
const RETRY_MS = 500;
const RETRY_MAX_MS = 15_000;

export type Event =
  /** The verified roster or the clock says that this is the period now. `atOnce`: somebody lost the right. */
  | { readonly kind: 'wanted'; readonly period: Period; readonly atOnce: boolean }
  /** The secret is in the worker. */
  | { readonly kind: 'key'; readonly period: Period }
  | { readonly kind: 'refused'; readonly period: Period }
  | { readonly kind: 'acked'; readonly who: string; readonly epoch: number }
  /** Identities of the others in the meeting. */
  | { readonly kind: 'present'; readonly who: ReadonlySet<string> }
  /** A frame under this period proved itself. */
  | { readonly kind: 'seen'; readonly tag: number }
  | { readonly kind: 'tick' };

export type Effect =
  | { readonly kind: 'fetch'; readonly period: Period }
  | { readonly kind: 'ack'; readonly epoch: number }
  | { readonly kind: 'send'; readonly period: Period }
  | { readonly kind: 'drop'; readonly period: Period };

interface Held {
  readonly period: Period;
  /** ms when the key came; `null` while it is being fetched. */
  keyAt: number | null;
  /** Somebody lost the right. */
  atOnce: boolean;
  /** Somebody else sends under it already. */
  led: boolean;
  tries: number;
  /** ms of the next try after a refusal. */
  retryAt: number | null;
}

interface Leaving {
  readonly period: Period;
  readonly switchedAt: number;
  readonly hurry: boolean;
}

const same = (a: Period, b: Period): boolean => a.epoch === b.epoch && a.day === b.day;
const newer = (a: Period, b: Period): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.day > b.day);

export class Rotation {
  /** What is sent under now; `null` before the first key. */
  #current: Period | null = null;
  #next: Held | null = null;
  #leaving: Leaving[] = [];
  #present: ReadonlySet<string> = new Set();
  readonly #acks = new Map<string, number>();

  get current(): Period | null {
    return this.#current;
  }

  /** When to send the next `tick`, in ms on the caller's clock, or `null`. */
  get wakeAt(): number | null {
    const times: number[] = this.#leaving.map((old) => this.#dropAt(old));
    if (this.#next?.keyAt != null) times.push(this.#next.keyAt + SWITCH_AT_LATEST_MS);
    if (this.#next?.retryAt != null) times.push(this.#next.retryAt);
    return times.length === 0 ? null : Math.min(...times);
  }

  receive(event: Event, now: number): Effect[] {
    const effects = this.#take(event, now);
    return [...effects, ...this.#settle(now)];
  }

  #take(event: Event, now: number): Effect[] {
    switch (event.kind) {
      case 'wanted':
        return this.#want(event.period, event.atOnce);
      case 'key':
        if (this.#next === null || !same(this.#next.period, event.period)) return [];
        this.#next.keyAt = now;
        return [{ kind: 'ack', epoch: event.period.epoch }];
      case 'refused':
        if (this.#next === null || !same(this.#next.period, event.period)) return [];
        this.#next.retryAt = now + Math.min(RETRY_MS * 2 ** this.#next.tries, RETRY_MAX_MS);
        this.#next.tries += 1;
        return [];
      case 'acked':
        this.#acks.set(event.who, Math.max(event.epoch, this.#acks.get(event.who) ?? 0));
        return [];
      case 'present':
        this.#present = event.who;
        for (const who of this.#acks.keys()) if (!event.who.has(who)) this.#acks.delete(who);
        return [];
      case 'seen':
        if (this.#next !== null && tagOf(this.#next.period) === event.tag) this.#next.led = true;
        return [];
      case 'tick':
        return [];
    }
  }

  #want(period: Period, atOnce: boolean): Effect[] {
    if (this.#next !== null && same(this.#next.period, period)) {
      this.#next.atOnce ||= atOnce;
      return [];
    }
    if (this.#current !== null && !newer(period, this.#current)) return [];
    const effects: Effect[] = [];
    // A period that was overtaken before it was used: nobody needs to wait for it, but others may already send under it.
    if (this.#next !== null && !newer(period, this.#next.period)) return [];
    if (this.#next?.keyAt != null) this.#leaving.push({ period: this.#next.period, switchedAt: this.#next.keyAt, hurry: atOnce });
    // What made the overtaken period urgent makes this one urgent as well.
    this.#next = { period, keyAt: null, atOnce: atOnce || (this.#next?.atOnce ?? false), led: false, tries: 0, retryAt: null };
    effects.push({ kind: 'fetch', period });
    return effects;
  }

  /** Does what the time and the state now allow. */
  #settle(now: number): Effect[] {
    const effects: Effect[] = [];
    const next = this.#next;
    if (next?.retryAt != null && next.retryAt <= now) {
      next.retryAt = null;
      effects.push({ kind: 'fetch', period: next.period });
    }
    if (next?.keyAt != null) {
      const first = this.#current === null;
      const all = this.#allAcked(next.period.epoch);
      if (first || next.atOnce || next.led || all || now >= next.keyAt + SWITCH_AT_LATEST_MS) {
        effects.push({ kind: 'send', period: next.period });
        if (this.#current !== null) this.#leaving.push({ period: this.#current, switchedAt: now, hurry: next.atOnce || all });
        this.#current = next.period;
        this.#next = null;
      }
    }
    const due = this.#leaving.filter((old) => this.#dropAt(old) <= now);
    this.#leaving = this.#leaving.filter((old) => !due.includes(old));
    for (const old of due) effects.push({ kind: 'drop', period: old.period });
    return effects;
  }

  #allAcked(epoch: number): boolean {
    if (this.#current?.epoch === epoch) return false; // A new day: acknowledgements speak of epochs only.
    return [...this.#present].every((who) => (this.#acks.get(who) ?? -1) >= epoch);
  }

  #dropAt(old: Leaving): number {
    return old.switchedAt + (old.hurry ? KEEP_AT_LEAST_MS : KEEP_AT_MOST_MS);
  }
}
