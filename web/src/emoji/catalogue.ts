/**
 * What Unicode calls each emoji in the language in use (CLDR, by emojibase), loaded when a picker opens; the build keeps the fields below.
 */
import type { Language } from '../app/preferences';

/** Unicode's groups, as `emoji.groups` names them; one of the ten, parts of emoji, is no group to pick from. */
export const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9] as const;

export interface Emoji {
  readonly sign: string;
  readonly name: string;
  /** Name and search words, in small letters without accents. */
  readonly words: string;
  readonly group: number;
  /** It has skin colours. */
  readonly tones: boolean;
}

type Entry = readonly [sign: string, name: string, words: string, group: number, tones: 0 | 1];

const LOAD = {
  sv: () => import('emojibase-data/sv/compact.json'),
  en: () => import('emojibase-data/en/compact.json'),
  de: () => import('emojibase-data/de/compact.json'),
};

const TONE_SIGNS = ['', '\u{1f3fb}', '\u{1f3fc}', '\u{1f3fd}', '\u{1f3fe}', '\u{1f3ff}'];
export const TONES = [0, 1, 2, 3, 4, 5] as const;
export type Tone = (typeof TONES)[number];

export async function loadEmoji(language: Language): Promise<readonly Emoji[]> {
  const entries = (await LOAD[language]()).default as unknown as readonly Entry[];
  return entries.map(([sign, name, words, group, tones]) => ({ sign, name, words: plain(`${name} ${words}`), group, tones: tones === 1 }));
}

/** The emoji in a skin colour: its sign goes after the first sign, in place of the variation selector. */
export function toned({ sign, tones }: Emoji, tone: Tone): string {
  if (!tones || tone === 0) return sign;
  const [first = '', ...rest] = sign;
  return first + (TONE_SIGNS[tone] ?? '') + (rest[0] === '\u{fe0f}' ? rest.slice(1) : rest).join('');
}

/** Those with a word that begins as each word of the query does; names before other words, then Unicode's order. */
export function searchEmoji(all: readonly Emoji[], query: string, limit: number): readonly Emoji[] {
  const asked = plain(query).split(/\s+/).filter(Boolean);
  if (asked.length === 0) return [];
  const found = all.flatMap((one) => {
    const words = one.words.split(/[\s\-:,]+/);
    const at = asked.map((word) => words.findIndex((other) => other.startsWith(word)));
    return at.includes(-1) ? [] : [{ one, rank: Math.max(...at) }];
  });
  return found
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ one }) => one);
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
