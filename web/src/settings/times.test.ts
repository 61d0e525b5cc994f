import { expect, it } from 'vitest';

import { clockOf, endOf, minuteOf, tomorrow } from './times';

const s = (...date: [number, number, number, number?, number?]) => new Date(...(date as [number, number, number])).getTime() / 1000;
const wednesday = new Date(2026, 10, 25, 22, 30);

it('ends a status after a while, with the day, or with Sunday', () => {
  expect(endOf('never', wednesday)).toBeNull();
  expect(endOf('half', wednesday)).toBe(s(2026, 10, 25, 23, 0));
  expect(endOf('four', wednesday)).toBe(s(2026, 10, 26, 2, 30));
  expect(endOf('today', wednesday)).toBe(s(2026, 10, 26));
  expect(endOf('week', wednesday)).toBe(s(2026, 10, 30));
  expect(endOf('week', new Date(2026, 10, 29, 9)), 'on a Sunday with this one').toBe(s(2026, 10, 30));
  expect(endOf('week', new Date(2026, 10, 30, 0, 1)), 'on a Monday with the coming one').toBe(s(2026, 11, 7));
});

it('ends a pause in the morning, also where a day has 23 or 25 hours', () => {
  expect(tomorrow(wednesday)).toBe(s(2026, 10, 26, 8));
  expect(tomorrow(new Date(2026, 9, 24, 23))).toBe(s(2026, 9, 25, 8));
});

it('reads what it writes of times', () => {
  for (const minute of [0, 59, 60, 1110, 1439]) expect(minuteOf(clockOf(minute))).toBe(minute);
  expect(clockOf(1110)).toBe('18:30');
  for (const bad of ['', '24:00', '12:60', '9:00', 'ab:cd']) expect(minuteOf(bad)).toBeNull();
});
