import { expect, test } from 'vitest';

import { isQuiet } from './quiet';

/** A Friday, 12:00 UTC, 13:00 in Stockholm: the same moments as in tests/home/test_mail.py. */
const NOON = 1_800_014_400_000;
const plain = { quiet: null, quiet_until: null, zone: 'Europe/Stockholm' };
const hours = (start: number, end: number, ...days: number[]) => ({ ...plain, quiet: { start, end, days } });

test('hours of a day, over midnight, in the zone that they are meant in, and a pause', () => {
  expect(isQuiet(plain, NOON)).toBe(false);
  expect(isQuiet(hours(720, 840, 4), NOON)).toBe(true);
  expect(isQuiet(hours(720, 780, 4), NOON)).toBe(false); // until 13:00, which it is
  expect(isQuiet(hours(780, 781, 4), NOON)).toBe(true);
  expect(isQuiet(hours(720, 840, 0), NOON)).toBe(false);
  expect(isQuiet(hours(1320, 840, 3), NOON)).toBe(true); // since yesterday, 22
  expect(isQuiet(hours(1320, 840, 4), NOON)).toBe(false); // from tonight on
  expect(isQuiet(hours(0, 0, 4), NOON)).toBe(true); // the whole day
  expect(isQuiet({ ...hours(720, 840, 4), zone: 'America/New_York' }, NOON)).toBe(false);
  expect(isQuiet({ ...plain, quiet_until: NOON / 1000 + 1 }, NOON)).toBe(true);
  expect(isQuiet({ ...plain, quiet_until: NOON / 1000 }, NOON)).toBe(false);
  expect(() => isQuiet({ ...hours(720, 840, 4), zone: 'Mars/Olympus' }, NOON)).not.toThrow();
});

test('Sunday comes before Monday', () => {
  const monday = NOON + 3 * 86_400_000 - 12 * 3_600_000; // 01:00 in Stockholm
  expect(isQuiet(hours(1320, 120, 6), monday)).toBe(true);
  expect(isQuiet(hours(1320, 120, 0), monday)).toBe(false);
});
