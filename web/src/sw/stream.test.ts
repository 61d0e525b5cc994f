/** Ranges that a player asks the service worker for. */
import { expect, it } from 'vitest';

import { rangeOf } from './stream';

it('reads one range, and refuses what is none of the file', () => {
  const cases: [string | null, [number, number] | null][] = [
    [null, [0, 100]], ['bytes=0-', [0, 100]], ['bytes=10-19', [10, 20]], ['bytes=90-200', [90, 100]], ['bytes=-30', [70, 100]], ['bytes=-300', [0, 100]],
    ['bytes=100-', null], ['bytes=20-10', null], ['bytes=-', null], ['bytes=-0', null], ['bytes=0-1,5-6', null], ['lines=0-1', null], ['bytes=a-b', null],
  ];
  for (const [header, range] of cases) expect([header, rangeOf(header, 100)]).toEqual([header, range]);
});
