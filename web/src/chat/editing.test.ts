import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Change, inFence, MARKS, marked, nameTyped, nextLine, type Selection } from './editing';

/** `|` is the cursor, two of them a selection. */
function at(written: string): Selection {
  const [before = '', inside = '', after] = written.split('|');
  return after === undefined
    ? { text: before + inside, start: before.length, end: before.length }
    : { text: before + inside + after, start: before.length, end: before.length + inside.length };
}

function after({ text }: Selection, { from, to, put, start, end }: Change): string {
  const changed = text.slice(0, from) + put + text.slice(to);
  return start === end ? `${changed.slice(0, start)}|${changed.slice(start)}` : `${changed.slice(0, start)}|${changed.slice(start, end)}|${changed.slice(end)}`;
}

describe('marked', () => {
  it.each([
    ['en |fet| rad', 'strong', 'en **|fet|** rad'],
    ['en **|fet|** rad', 'strong', 'en |fet| rad'],
    ['en | fet | rad', 'em', 'en  *|fet|*  rad'],
    ['**|fet|**', 'em', '***|fet|***'],
    ['|', 'code', '`|`'],
    ['se |här|', 'link', 'se [här](https://|)'],
    ['se |', 'link', 'se [|](https://)'],
    ['a\n|b\nc|\nd', 'quote', 'a\n> b\n> c|\nd'],
    ['> |b|', 'quote', 'b|'],
    ['a|', 'list', '- a|'],
    ['a |b|', 'block', 'a \n```\n|b|\n```'],
  ] as const)('%s, %s: %s', (before, mark, expected) => {
    const selection = at(before);
    expect(after(selection, marked(selection, mark))).toBe(expected);
  });

  it('loses nothing that was written, whatever is chosen', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), fc.constantFrom(...MARKS.filter((mark) => mark !== 'quote' && mark !== 'list')), (text, one, two, mark) => {
        const [start = 0, end = 0] = [one % (text.length + 1), two % (text.length + 1)].sort((a, b) => a - b);
        const change = marked({ text, start, end }, mark);
        const letters = (of: string) => of.replace(/[\s*~`[\]()]|https:\/\//g, '');
        expect(letters(text.slice(0, change.from) + change.put + text.slice(change.to))).toBe(letters(text));
      }),
    );
  });
});

describe('nextLine', () => {
  it.each([
    ['- mjölk|', '- mjölk\n- |'],
    ['  * a|', '  * a\n  * |'],
    ['9. nio|', '9. nio\n10. |'],
    ['- [x] klart|', '- [x] klart\n- [ ] |'],
    ['> sagt|', '> sagt\n> |'],
    ['a\n- |', 'a\n|'],
  ])('%s', (before, expected) => {
    const selection = at(before);
    const change = nextLine(selection);
    expect(change === null ? null : after(selection, change)).toBe(expected);
  });

  it('is an ordinary line elsewhere', () => {
    for (const text of ['hej|', '-|', '```\n- a|', '|- a|']) expect(nextLine(at(text))).toBeNull();
  });
});

it('knows when code is being written', () => {
  expect(inFence('```\nlet a', 9)).toBe(true);
  expect(inFence('```\na\n```\nb', 11)).toBe(false);
  expect(inFence('a ``` b', 7)).toBe(false);
});

describe('nameTyped', () => {
  it.each([
    ['@|', ''],
    ['Hej @Åsa|', 'Åsa'],
    ['(@Åsa Lind|', 'Åsa Lind'],
    ['@Anna-Karin |', 'Anna-Karin '],
  ])('%s', (text, query) => {
    expect(nameTyped(at(text))?.query).toBe(query);
  });

  it('is none in an address, after four words, in code, or before something else', () => {
    for (const text of ['a@b|', '@a b c d|', '```\n@a|', '@a, |', 'hej|', '@a\n|']) expect(nameTyped(at(text))).toBeNull();
  });
});
