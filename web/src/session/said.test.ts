/** What a message says comes through all its forms unchanged. */
import { expect, test } from 'vitest';
import { pad, unpad } from '../wire/content';
import { newId } from '../wire/ids';
import type { Draft } from './api';
import { saidOf, saidOfText, shown, textOfSaid } from './said';

const bo = newId('p');
const draft: Draft = {
  text: 'Hej **Bo**', mentions: [bo, bo], mentionsAll: true, quote: { id: newId('m'), pid: bo, text: '🙂'.repeat(600) },
  files: [
    { name: 'Möte.pdf', type: 'application/pdf', size: 5, key: new Uint8Array(32).fill(7), object: '0f'.repeat(32) },
    { name: '', type: '', size: 0, key: new Uint8Array(32), object: 'f0'.repeat(32), width: 4, height: 3, seconds: 0 },
  ],
};

test('a draft is kept, sent and shown as it was written', () => {
  const said = saidOf(draft);
  expect(saidOfText(textOfSaid(said))).toEqual(said);
  const padded = pad(said);
  const read = padded && unpad(padded);
  if (read === null || read === 'newer') throw new Error('not read');
  const { quote, ...rest } = shown(read);
  expect(rest).toEqual({ text: draft.text, mentions: [bo], files: draft.files });
  expect([quote?.id, quote?.pid, quote?.text]).toEqual([draft.quote?.id, bo, '🙂'.repeat(500)]);
});

test('nothing said is nothing shown', () => {
  expect(shown(null)).toEqual({ text: '', mentions: [], quote: null, files: [] });
  expect(saidOfText(textOfSaid({}))).toEqual({});
  expect(shown({ e: '👍' })).toEqual(shown(null));
});

test('more files than a message may have are refused', () => {
  expect(() => saidOf({ ...draft, files: Array.from({ length: 21 }, () => draft.files?.[0]) as never })).toThrow('too_long');
});
