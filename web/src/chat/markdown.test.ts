import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Block, blocksOf, plainText, type Span } from './markdown';

const text = (words: string): Span => ({ is: 'text', text: words });
const paragraph = (...spans: Span[]): Block => ({ is: 'paragraph', spans });

function links(blocks: readonly Block[] | null): string[] {
  const ofSpans = (spans: readonly Span[]): string[] =>
    spans.flatMap((span) => [...(span.is === 'link' ? [span.href] : []), ...('spans' in span ? ofSpans(span.spans) : [])]);
  return (blocks ?? []).flatMap((block): string[] => {
    switch (block.is) {
      case 'paragraph':
      case 'heading':
        return ofSpans(block.spans);
      case 'quote':
        return links(block.blocks);
      case 'list':
        return block.items.flatMap((item) => links(item.blocks));
      case 'table':
        return [block.head, ...block.rows].flatMap((row) => row.flatMap(ofSpans));
      default:
        return [];
    }
  });
}

describe('blocksOf', () => {
  it('leaves alone what has no markup', () => {
    for (const plain of ['Hej!', 'Klockan 14:30, sal 2 (plan 3)', 'Se https://a.se/b?c=d&e', 'a@b.se', 'rad\nrad', '']) expect(blocksOf(plain)).toBeNull();
  });

  it('knows bold, italic, strike-through and code', () => {
    expect(blocksOf('**a** *b* ~~c~~ `d*`')).toEqual([
      paragraph({ is: 'strong', spans: [text('a')] }, text(' '), { is: 'em', spans: [text('b')] }, text(' '), { is: 'del', spans: [text('c')] }, text(' '), { is: 'code', text: 'd*' }),
    ]);
    expect(blocksOf('snake_case_name och 2 * 3 * 4')).toEqual([paragraph(text('snake_case_name och 2 * 3 * 4'))]);
  });

  it('ends a line where it was ended', () => {
    expect(blocksOf('*a*\nb')).toEqual([paragraph({ is: 'em', spans: [text('a')] }, { is: 'line' }, text('b'))]);
  });

  it('knows fenced code with its language, also while it is not closed', () => {
    expect(blocksOf('```js\nlet a = "<b>";\n```')).toEqual([{ is: 'code', text: 'let a = "<b>";', language: 'js' }]);
    expect(blocksOf('```\nöppen')).toEqual([{ is: 'code', text: 'öppen', language: '' }]);
  });

  it('knows lists, where they begin, and tasks', () => {
    expect(blocksOf('3. mars\n4. april')).toEqual([
      { is: 'list', start: 3, items: [{ done: null, blocks: [paragraph(text('mars'))] }, { done: null, blocks: [paragraph(text('april'))] }] },
    ]);
    expect(blocksOf('- [x] klart\n- [ ] kvar')).toEqual([
      { is: 'list', start: null, items: [{ done: true, blocks: [paragraph(text('klart'))] }, { done: false, blocks: [paragraph(text('kvar'))] }] },
    ]);
  });

  it('knows quotes, headings, rules and tables', () => {
    expect(blocksOf('> a\n\n# b\n\n---')).toEqual([{ is: 'quote', blocks: [paragraph(text('a'))] }, { is: 'heading', spans: [text('b')] }, { is: 'rule' }]);
    expect(blocksOf('|a|b|\n|-|-|\n|1|2|')).toEqual([{ is: 'table', head: [[text('a')], [text('b')]], rows: [[[text('1')], [text('2')]]] }]);
  });

  it('shows HTML as what was typed', () => {
    for (const html of ['<b>*a*</b>', '<img src=x onerror=alert(1)> *x*', '<!-- a --> _b_', '<script>*a*</script>', '<div>\n*a*\n</div>']) {
      expect(plainText(html)).toBe(html.replace(/[*_\n]/g, (sign) => (sign === '\n' ? ' ' : '')));
    }
  });

  it('does not take a line below, indentation or a definition for markup', () => {
    expect(plainText('Titel\n---\n*a*')).toContain('Titel');
    expect(plainText('    fyra blanksteg *a*')).toBe('fyra blanksteg a');
    expect(plainText('[a]: https://a.se *b*')).toBe('[a]: https://a.se b');
  });

  it('links to the web and to mail alone; a picture is a link', () => {
    expect(blocksOf('[här](https://a.se)')).toEqual([paragraph({ is: 'link', href: 'https://a.se', plain: false, spans: [text('här')] })]);
    expect(blocksOf('![kartan](https://a.se/k.png)')).toEqual([paragraph({ is: 'link', href: 'https://a.se/k.png', plain: false, spans: [text('kartan')] })]);
    expect(links(blocksOf('<mailto:a@b.se> *x* www.a.se'))).toEqual(['mailto:a@b.se', 'https://www.a.se']);
    for (const bad of ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'vbscript:x', '//a.se', '/a', '&#106;avascript:alert(1)', 'java\nscript:x', 'blob:https://a.se/x']) {
      expect(links(blocksOf(`[a](${bad}) ![b](${bad}) [c](<${bad}>) <${bad}>`)), bad).toEqual([]);
    }
    expect(links(blocksOf('[![a](https://a.se)](https://b.se)'))).toEqual(['https://b.se']);
    expect(links(blocksOf('[https://bank.se](https://a.se)'))).toEqual(['https://a.se']);
  });
});

const PIECES = ['*', '**', '_', '`', '```\n', '~~', '>', '> ', '- ', '1. ', '[', ']', '](', '!', '|', '|-|\n', '#', '\\', '<', '<a ', '&', '\n', '\n\n', ' ', '    ', '\t', 'javascript:', 'https://a.se', 'www.', '@', 'a', 'å', '👋', '\u202e', '\u0000', ')', '(', '"', '- [ ] '];

/** On a busy machine; what is read in quadratic time takes more than twenty seconds at 60 KiB. */
const SLOW_MS = 1000;

describe('whatever is typed', () => {
  it('never links to anything else, and loses no word', () => {
    const words = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) }), { maxLength: 60 });
    fc.assert(
      fc.property(words, (pieces) => {
        const typed = pieces.join('');
        for (const href of links(blocksOf(typed))) expect(href).toMatch(/^(https?:\/\/|mailto:)/i);
        const letters = (of: string) => of.match(/[aå👋]/gu)?.length ?? 0;
        // Addresses may stand behind their words, and a code block's language and a cell too many are not words of it.
        if (!/[\](`~|<]/.test(typed)) expect(letters(plainText(typed))).toBeGreaterThanOrEqual(letters(typed));
      }),
      { numRuns: 1500 },
    );
  });

  it('is read in a moment, also 60 KiB of what makes readers slow', { timeout: 60_000 }, () => {
    const units = [...PIECES, '*a_', '**a', '_a', '*a **b ', '[a](', '[a][', '![a](<b', '<!--', '- - ', '> - ', '1. 1) ', '* a\n', '\n> ', '\n  - ', 'a|b\n-|-\n', '``', '`a``', '~~a', 'http://', '(((', '***a', '[[a]', '\\*', 'a@', '*_', '- a\n  ', 'a\n===\n'];
    const slow: string[] = [];
    for (const unit of units) {
      for (const size of [4_000, 60 * 1024]) {
        const typed = unit.repeat(Math.ceil(size / unit.length));
        const since = performance.now();
        blocksOf(`${typed} `);
        const took = performance.now() - since;
        if (took > SLOW_MS) slow.push(`${JSON.stringify(unit)} × ${String(size)}: ${took.toFixed(0)} ms`);
      }
    }
    // Lists in lists by indentation, each line deeper than the one before.
    const stairs = Array.from({ length: 300 }, (_, n) => `${' '.repeat(n * 2)}- a`).join('\n');
    const since = performance.now();
    blocksOf(stairs);
    if (performance.now() - since > SLOW_MS) slow.push('stairs');
    expect(slow).toEqual([]);
  });
});
