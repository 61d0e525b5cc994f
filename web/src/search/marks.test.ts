import { expect, test } from 'vitest';

import { fold, pieces } from './marks';

const said = (text: string, ...marks: string[]): string =>
  pieces(text, new Set(marks)).map(({ text: part, found }) => (found ? `[${part}]` : part)).join('');

test('words are compared as home compares them', () => {
  expect(['ÅÄÖ', 'Straße', 'naïve', 'Ørsted', 'e\u0301te\u0301'].map(fold)).toEqual(['åäö', 'strasse', 'naive', 'orsted', 'ete']);
});

test('whole words are marked, in the spelling of the text', () => {
  expect(said('Budgetmöte i dag, **möte** i morgon.', 'möte', 'budgetmöte')).toBe('[Budgetmöte] i dag, **[möte]** i morgon.');
  expect(said('mö\u00adte\n\n  MÖTE', 'möte')).toBe('[möte] [MÖTE]');
  expect(said('inget här', 'möte')).toBe('inget här');
  expect(said('', 'möte')).toBe('');
});

test('of a long text the piece around the first word that was found is shown, cut at words', () => {
  const long = `${'före '.repeat(100)}möte${' efter'.repeat(100)}`;
  const shown = said(long, 'möte');
  expect(shown).toMatch(/^… (före )+\[möte\]( efter)+ …$/);
  expect(shown.length).toBeLessThan(240);
  expect(said('x'.repeat(1000), 'möte').length).toBeLessThan(240);
  expect(said(`${'y'.repeat(1000)} möte`, 'möte')).toContain('[möte]');
});
