import { describe, expect, it } from 'vitest';

import { GROUPS, loadEmoji, searchEmoji, toned } from './catalogue';

const LANGUAGES = ['sv', 'en', 'de'] as const;

describe.each(LANGUAGES)('emoji in %s', (language) => {
  it('are some two thousand, each with a name, in the groups', async () => {
    const all = await loadEmoji(language);
    expect(all.length).toBeGreaterThan(1800);
    expect(all.filter(({ name, sign }) => name === '' || sign === '')).toEqual([]);
    for (const group of GROUPS) expect(all.some((one) => one.group === group)).toBe(true);
    // An envelope has room for 64 bytes.
    expect(all.filter((one) => new TextEncoder().encode(toned(one, 5)).length > 64)).toEqual([]);
  });

  it('have skin colours where Unicode has them', async () => {
    const all = await loadEmoji(language);
    const of = (sign: string) => all.find((one) => one.sign === sign);
    const hand = of('👋');
    const face = of('😀');
    if (hand === undefined || face === undefined) throw new Error('absent');
    expect(toned(hand, 3)).toBe('👋🏽');
    expect(toned(hand, 0)).toBe('👋');
    expect(toned(face, 3)).toBe('😀');
    expect(all.filter((one) => one.tones).length).toBeGreaterThan(250);
  });
});

it.each([
  ['sv', 'tumme upp', '👍'],
  ['sv', 'hjarta', '❤️'],
  ['sv', 'fest', '🎉'],
  ['en', 'thumbs up', '👍'],
  ['en', 'party pop', '🎉'],
  ['de', 'daumen hoch', '👍'],
  ['de', 'HERZ', '❤️'],
] as const)('%s: %s finds %s', async (language, query, sign) => {
  expect(searchEmoji(await loadEmoji(language), query, 40).map((one) => one.sign)).toContain(sign);
});

it('finds nothing for nothing', async () => {
  const all = await loadEmoji('en');
  expect(searchEmoji(all, '  ', 40)).toEqual([]);
  expect(searchEmoji(all, 'qwxz', 40)).toEqual([]);
});
