import { expect, it } from 'vitest';

import { startLanguage } from './preferences';

it('prefers the address, then the browser’s own order, then Swedish', () => {
  expect(startLanguage('?lang=de', ['en-US'])).toBe('de');
  expect(startLanguage('?lang=fr', ['fi-FI', 'en-US', 'sv'])).toBe('en');
  expect(startLanguage('', ['DE-at'])).toBe('de');
  expect(startLanguage('', ['fi'])).toBe('sv');
});
