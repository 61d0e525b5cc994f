import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { Pid } from '../session/api';
import { callsEverybody, mentionedIn, piecesOf } from './mentions';

const anna = { pid: 'p_anna' as Pid, name: 'Anna' };
const ek = { pid: 'p_ek' as Pid, name: 'Anna Ek' };
const odd = { pid: 'p_odd' as Pid, name: 'A. (B+) [C]*' };

it('splits at the names of those who are mentioned, the longest first', () => {
  expect(piecesOf('Hej @Anna Ek och @anna!', [anna, ek], false)).toEqual([
    { text: 'Hej ' },
    { text: '@Anna Ek', names: ek.pid },
    { text: ' och ' },
    { text: '@anna', names: anna.pid },
    { text: '!' },
  ]);
  expect(piecesOf('@Annas mejl: a@Anna.se @Bo', [anna], false)).toEqual([{ text: '@Annas mejl: a@Anna.se @Bo' }]);
  expect(piecesOf(`till @${odd.name}.`, [odd], false)[1]).toEqual({ text: `@${odd.name}`, names: odd.pid });
});

it('knows everybody in each language', () => {
  for (const word of ['@alla', '@Everyone', '@ALLE']) expect(callsEverybody(`Hej ${word}!`)).toBe(true);
  for (const text of ['alla', '@allan', 'x@alla', '@alla1']) expect(callsEverybody(text)).toBe(false);
  expect(piecesOf('@alla', [], false)).toEqual([{ text: '@alla' }]);
});

it('mentions only whom the finished text names', () => {
  expect(mentionedIn('@Anna Ek kommer', [anna, ek, ek])).toEqual([ek.pid]);
  expect(mentionedIn('ingen', [anna])).toEqual([]);
});

it('loses no sign', () => {
  const words = fc.array(fc.oneof(fc.string(), fc.constantFrom('@', '@Anna', ' Ek', '@alla', ' ')));
  fc.assert(
    fc.property(words, (pieces) => {
      const text = pieces.join('');
      expect(piecesOf(text, [anna, ek], true).map((piece) => piece.text).join('')).toBe(text);
    }),
  );
});

it('takes every name that people have', () => {
  for (const name of ['Anna-Karin Wikström', 'O’Brien (konsult)', 'A. B. C.', 'Per-Olof Hedström-Ångman', 'C++ [Ada]', 'Åsa/Bo']) {
    expect(piecesOf(`Hej @${name}!`, [{ pid: 'p_x' as Pid, name }], false).map(({ text }) => text)).toEqual(['Hej ', `@${name}`, '!']);
  }
});
