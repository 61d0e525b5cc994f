import { describe, expect, test } from 'vitest';
import { tagOf } from './keys.ts';
import { type Effect, type Event, KEEP_AT_LEAST_MS, KEEP_AT_MOST_MS, Rotation, SWITCH_AT_LATEST_MS } from './rotation.ts';

const DAY = 20_000;
const at = (epoch: number, day = DAY) => ({ epoch, day });

/** A rotation in virtual time. Home answers after `homeMs` unless `answers` is false. */
class World {
  now = 0;
  answers = true;
  homeMs = 40;
  readonly done: string[] = [];
  readonly rotation = new Rotation();
  #events: { at: number; event: Event }[] = [];

  tell(event: Event): void {
    for (const effect of this.rotation.receive(event, this.now)) this.#note(effect);
  }

  want(epoch: number, { atOnce = false, day = DAY } = {}): void {
    this.tell({ kind: 'wanted', period: at(epoch, day), atOnce });
  }

  /** Lets time pass, with every wake-up that the rotation asks for. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.#events.sort((a, b) => a.at - b.at);
      const next = this.#events[0];
      const wake = this.rotation.wakeAt ?? Infinity;
      const when = Math.min(next?.at ?? Infinity, wake);
      if (when > end) break;
      this.now = Math.max(this.now, when);
      if (next?.at === when) {
        this.#events.shift();
        this.tell(next.event);
      } else this.tell({ kind: 'tick' });
    }
    this.now = end;
  }

  /** Begins with epoch 1 in use, others present, and an empty record. */
  running(...others: string[]): this {
    this.want(1);
    this.pass(100);
    this.tell({ kind: 'present', who: new Set(others) });
    this.done.length = 0;
    this.now = 100_000;
    return this;
  }

  #note(effect: Effect): void {
    const what = effect.kind === 'ack' ? effect.epoch : `${String(effect.period.epoch)}${effect.period.day === DAY ? '' : '/+1'}`;
    this.done.push(`${String(this.now)} ${effect.kind} ${String(what)}`);
    if (effect.kind !== 'fetch') return;
    const { period } = effect;
    this.#events.push({ at: this.now + this.homeMs, event: this.answers ? { kind: 'key', period } : { kind: 'refused', period } });
  }
}

describe('rotation', () => {
  test('the first key is used as soon as it comes', () => {
    const world = new World();
    world.want(1);
    world.pass(20_000);
    expect(world.done).toEqual(['0 fetch 1', '40 ack 1', '40 send 1']);
    expect(world.rotation.current).toEqual(at(1));
  });

  test('waits until all who are present have acknowledged, and then keeps the old key two seconds', () => {
    const world = new World().running('a', 'b');
    world.want(2);
    world.pass(200);
    world.tell({ kind: 'acked', who: 'a', epoch: 2 });
    world.pass(200);
    expect(world.done).toEqual(['100000 fetch 2', '100040 ack 2']);
    world.tell({ kind: 'acked', who: 'b', epoch: 2 });
    world.pass(20_000);
    expect(world.done.slice(2)).toEqual(['100400 send 2', `${String(100_400 + KEEP_AT_LEAST_MS)} drop 1`]);
  });

  test('does not wait longer than a second, and then keeps the old key ten', () => {
    const world = new World().running('a', 'b');
    world.want(2);
    world.tell({ kind: 'acked', who: 'a', epoch: 2 });
    world.pass(20_000);
    const switched = 100_040 + SWITCH_AT_LATEST_MS;
    expect(world.done.slice(2)).toEqual([`${String(switched)} send 2`, `${String(switched + KEEP_AT_MOST_MS)} drop 1`]);
  });

  test('somebody who leaves is not waited for', () => {
    const world = new World().running('a', 'b');
    world.want(2);
    world.tell({ kind: 'acked', who: 'a', epoch: 2 });
    world.pass(300);
    world.tell({ kind: 'present', who: new Set(['a']) });
    expect(world.done.at(-1)).toBe('100300 send 2');
  });

  test('an acknowledgement from before somebody left and came back does not count', () => {
    const world = new World().running('a');
    world.tell({ kind: 'acked', who: 'a', epoch: 2 });
    world.tell({ kind: 'present', who: new Set() });
    world.tell({ kind: 'present', who: new Set(['a']) });
    world.want(2);
    world.pass(500);
    expect(world.done.at(-1)).toBe('100040 ack 2');
  });

  test('after a removal it switches at once, and the old key goes after two seconds', () => {
    const world = new World().running('a', 'b');
    world.want(2, { atOnce: true });
    world.pass(20_000);
    expect(world.done).toEqual(['100000 fetch 2', '100040 ack 2', '100040 send 2', `${String(100_040 + KEEP_AT_LEAST_MS)} drop 1`]);
  });

  test('a removal that is heard of while it waits makes it switch at once', () => {
    const world = new World().running('a');
    world.want(2);
    world.pass(200);
    world.want(2, { atOnce: true });
    expect(world.done.at(-1)).toBe('100200 send 2');
  });

  test('follows at once who already sends under the new key', () => {
    const world = new World().running('a', 'b');
    world.want(2);
    world.pass(100);
    world.tell({ kind: 'seen', tag: tagOf(at(2)) });
    expect(world.done.at(-1)).toBe('100100 send 2');
    world.tell({ kind: 'seen', tag: tagOf(at(7)) });
    world.pass(KEEP_AT_MOST_MS - 1);
    expect(world.done.at(-1)).toBe('100100 send 2');
  });

  test('a new day is a new key, for which nobody acknowledges', () => {
    const world = new World().running('a');
    world.tell({ kind: 'acked', who: 'a', epoch: 1 });
    world.want(1, { day: DAY + 1 });
    world.pass(20_000);
    const switched = 100_040 + SWITCH_AT_LATEST_MS;
    expect(world.done).toEqual(['100000 fetch 1/+1', '100040 ack 1', `${String(switched)} send 1/+1`, `${String(switched + KEEP_AT_MOST_MS)} drop 1`]);
  });

  test('while home is away it goes on asking, slower and slower, and sends under what it has', () => {
    const world = new World().running('a');
    world.answers = false;
    world.want(2);
    world.pass(60_000);
    const asked = world.done.map((line) => Number(line.split(' ')[0]) - 100_000);
    expect(asked).toEqual([0, 540, 1580, 3620, 7660, 15_700, 30_740, 45_780]);
    expect(world.rotation.current).toEqual(at(1));
    world.answers = true;
    world.pass(16_000);
    expect(world.rotation.current).toEqual(at(2));
  });

  test('an epoch that is overtaken before its key came is never used', () => {
    const world = new World().running('a');
    world.want(2, { atOnce: true });
    world.want(3);
    world.pass(20_000);
    expect(world.done.filter((line) => !line.includes('fetch'))).toEqual(['100040 ack 3', '100040 send 3', `${String(100_040 + KEEP_AT_LEAST_MS)} drop 1`]);
  });

  test('an epoch that is overtaken while it waits opens frames for a while', () => {
    const world = new World().running('a');
    world.want(2);
    world.pass(100);
    world.want(3);
    world.pass(20_000);
    expect(world.done.filter((line) => line.includes('drop')).sort()).toEqual(['110040 drop 2', '111140 drop 1']);
    expect(world.rotation.wakeAt).toBeNull();
  });

  test('an older epoch never comes back', () => {
    const world = new World().running('a');
    world.want(2, { atOnce: true });
    world.pass(20_000);
    world.done.length = 0;
    world.want(1, { atOnce: true });
    world.pass(20_000);
    expect(world.done).toEqual([]);
  });
});
