/** Names and types as strangers give them. */
import { expect, it } from 'vitest';

import { kindOf, servedType } from './kinds';
import { savedName, sentName, shownName } from './names';

it('shows nothing that one does not see', () => {
  expect(shownName('faktura\u202Efdp.exe')).toBe('fakturafdp.exe');
  expect(shownName('a\u200B\u2066b\u0000\n.txt')).toBe('ab.txt');
  expect(shownName('\u202E')).toBe('?');
  expect(shownName('möte 🙂.pdf')).toBe('möte 🙂.pdf');
  expect(shownName('\uD800x')).toBe('\uFFFDx');
});

it('saves under a name that every system takes, and nowhere else', () => {
  expect(savedName('../../etc/passwd')).toBe('_.._etc_passwd');
  expect(savedName('C:\\x|y?.txt')).toBe('C__x_y_.txt');
  expect(savedName('. .')).toBe('file');
  expect(savedName('CON.\u202Etxt ')).toBe('CON.txt');
  const long = savedName(`${'å'.repeat(400)}.docx`);
  expect([long.length, long.endsWith('å.docx')]).toEqual([180, true]);
  expect(sentName(`${'x'.repeat(300)}.pdf`)).toHaveLength(255);
});

it('shows pictures, sound, film and PDF, and saves everything else', () => {
  expect(['image/png', 'IMAGE/JPEG', 'audio/mpeg', 'video/mp4; codecs=x', 'application/pdf'].map(kindOf)).toEqual(['picture', 'picture', 'audio', 'video', 'pdf']);
  for (const type of ['image/svg+xml', 'text/html', 'application/xhtml+xml', 'text/xml', 'video/', '', 'application/x-pdf']) {
    expect([type, kindOf(type), servedType(type)]).toEqual([type, 'other', 'application/octet-stream']);
  }
});
