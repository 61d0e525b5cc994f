import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { partsOf } from './text';

describe('partsOf', () => {
  it('makes links of web addresses, without the sentence’s punctuation', () => {
    expect(partsOf('Se https://sjovik.se/a?b=1, (http://x.se).')).toEqual([
      { text: 'Se ' },
      { text: 'https://sjovik.se/a?b=1', href: 'https://sjovik.se/a?b=1' },
      { text: ', (' },
      { text: 'http://x.se', href: 'http://x.se' },
      { text: ').' },
    ]);
  });

  it('makes no link of anything else', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'https://', 'xhttps://a.se', '<img src=x>']) {
      expect(partsOf(text).filter((part) => part.href !== undefined)).toEqual([]);
    }
  });

  it('loses no sign, and links only to http and https', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('https://', 'http://a.se', ' ', '.', 'javascript:', '\n'));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        const parts = partsOf(text);
        expect(parts.map((part) => part.text).join('')).toBe(text);
        for (const part of parts) if (part.href !== undefined) expect(part.href).toMatch(/^https?:\/\//i);
      }),
    );
  });
});
