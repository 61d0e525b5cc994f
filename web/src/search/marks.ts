/** What of a message a hit shows: a piece of its text, with the words that were found. Folds as home does (`home/people/folding.py`). Pure. */

export interface Piece {
  readonly text: string;
  readonly found: boolean;
}

/** Characters before the first word that was found, and of the whole piece. */
const BEFORE = 50;
const LENGTH = 220;
const KEPT = new Set('åäö');
const MORE: Readonly<Record<string, string>> = { ø: 'o', æ: 'ae', œ: 'oe', ß: 'ss', ł: 'l', đ: 'd', ð: 'd', þ: 'th' };
const UNSEEN = /[\u00ad\u061c\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f]/gu;

/** A word in lower case, without accents but with å, ä and ö. */
export function fold(word: string): string {
  let out = '';
  for (const letter of word.normalize('NFC').toLowerCase()) {
    if (KEPT.has(letter)) out += letter;
    else out += MORE[letter] ?? letter.normalize('NFD').replace(/\p{M}/gu, '');
  }
  return out;
}

/** A piece of the text around what was found first, cut at words; without any, its beginning. */
export function pieces(whole: string, marks: ReadonlySet<string>): readonly Piece[] {
  const text = whole.replace(UNSEEN, '').replace(/\s+/g, ' ').trim();
  const words = [...text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)].map((one) => ({ at: one.index, end: one.index + one[0].length, found: marks.has(fold(one[0])) }));
  const first = words.find((one) => one.found)?.at ?? 0;
  const wanted = text.length <= LENGTH ? 0 : Math.max(0, first - BEFORE);
  const start = wanted === 0 ? 0 : (words.find((one) => one.at >= wanted)?.at ?? wanted);
  const last = words.filter((one) => one.end <= start + LENGTH).at(-1)?.end ?? start + LENGTH;
  const end = text.length <= start + LENGTH ? text.length : Math.max(last, start + BEFORE);
  const out: Piece[] = [];
  const put = (from: number, to: number, found: boolean): void => {
    if (to > from) out.push({ text: text.slice(from, to), found });
  };
  let at = start;
  for (const one of words) {
    if (!one.found || one.at < start || one.end > end) continue;
    put(at, one.at, false);
    put(one.at, one.end, true);
    at = one.end;
  }
  put(at, end, false);
  if (start > 0) out.unshift({ text: '… ', found: false });
  if (end < text.length) out.push({ text: ' …', found: false });
  return out;
}
