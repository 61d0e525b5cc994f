import { expect, it } from 'vitest';

import { initials } from './Avatar';

it.each([
  ['Åsa Lindqvist-Öberg', 'ÅL'],
  ['Åsa Öberg'.normalize('NFD'), 'ÅÖ'],
  ['Jürgen von Groß', 'JG'],
  ['Björn', 'B'],
  ['', ''],
  ['  émile  (gäst) ', 'É'],
])('%s → %s', (name, expected) => {
  expect(initials(name)).toBe(expected);
});
