/** Values that tell, and work that is not done twice. */
import { expect, test } from 'vitest';
import { coalesced, Signal, soon } from './signal';

test('a signal tells of changes only, and not after unsubscribing', () => {
  const signal = new Signal(1);
  const seen: number[] = [];
  const stop = signal.subscribe(() => seen.push(signal.get()));
  signal.set(1);
  signal.set(2);
  stop();
  signal.set(3);
  expect(seen).toEqual([2]);
});

test('what is asked for many times in one turn is done once', async () => {
  let done = 0;
  const work = soon(() => (done += 1));
  work();
  work();
  expect(done).toBe(0);
  await Promise.resolve();
  expect(done).toBe(1);
  work();
  await Promise.resolve();
  expect(done).toBe(2);
});

test('asked for while it runs, work runs once more, and every caller waits for a whole run', async () => {
  const ends: (() => void)[] = [];
  const work = coalesced(() => new Promise<void>((resolve) => ends.push(resolve)));
  const settled: string[] = [];
  void work().then(() => settled.push('first'));
  void work().then(() => settled.push('second'));
  void work().then(() => settled.push('third'));
  expect(ends.length).toBe(1);
  ends[0]?.();
  await new Promise((resolve) => setTimeout(resolve));
  expect(settled).toEqual(['first']);
  expect(ends.length).toBe(2);
  ends[1]?.();
  await new Promise((resolve) => setTimeout(resolve));
  expect(settled).toEqual(['first', 'second', 'third']);
});

test('a failed run fails its own callers only', async () => {
  let runs = 0;
  const work = coalesced(() => (++runs === 1 ? Promise.reject(new Error('no')) : Promise.resolve()));
  const first = work();
  const second = work();
  await expect(first).rejects.toThrow('no');
  await expect(second).resolves.toBeUndefined();
  expect(runs).toBe(2);
});
