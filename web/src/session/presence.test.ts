import { expect, test, vi } from 'vitest';

import type { Pid } from '../wire/ids';
import { Screens } from './tabs/screens';

const [anna, bo] = ['p_anna', 'p_bo'] as unknown as [Pid, Pid];

test('the leading tab asks for what all tabs show; nobody is away who touches one of them', () => {
  const screens = new Screens();
  expect(screens.set('one', { pids: [anna], away: true })).toEqual({ pids: [anna], away: true });
  expect(screens.set('two', { pids: [bo, anna], away: false })).toEqual({ pids: [anna, bo], away: false });
  screens.take({ of: { [anna]: 'online', [bo]: 'away' } });
  expect(screens.known()).toEqual({ of: { [anna]: 'online', [bo]: 'away' } });
  expect(screens.set('two', { pids: [], away: true })).toEqual({ pids: [anna], away: true });
  expect(screens.known()).toEqual({ of: { [anna]: 'online' } });
});

test('a tab that has been silent for long counts no more', () => {
  vi.useFakeTimers();
  const screens = new Screens();
  screens.set('one', { pids: [anna], away: false });
  vi.advanceTimersByTime(140_000);
  screens.heard('one');
  vi.advanceTimersByTime(140_000);
  expect(screens.set('two', { pids: [], away: true })).toEqual({ pids: [anna], away: false });
  vi.advanceTimersByTime(160_000);
  expect(screens.set('two', { pids: [bo], away: true })).toEqual({ pids: [bo], away: true });
  vi.useRealTimers();
});
