/**
 * What keys do to the text one writes: marking up, going on with a list, finding the name that is being typed. Pure: text and
 * selection in, a change out.
 */

export interface Selection {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Replace `from`–`to` with `put`, then select `start`–`end`. */
export interface Change {
  readonly from: number;
  readonly to: number;
  readonly put: string;
  readonly start: number;
  readonly end: number;
}

export const MARKS = ['strong', 'em', 'del', 'code', 'link', 'quote', 'list', 'block'] as const;
export type Mark = (typeof MARKS)[number];

const AROUND: Partial<Record<Mark, string>> = { strong: '**', em: '*', del: '~~', code: '`' };
const BEFORE: Partial<Record<Mark, string>> = { quote: '> ', list: '- ' };

/** Marks the selection up, or takes the mark away where it has it. */
export function marked(selection: Selection, mark: Mark): Change {
  const around = AROUND[mark];
  if (around !== undefined) return surrounded(selection, around);
  const before = BEFORE[mark];
  if (before !== undefined) return prefixed(selection, before);
  const { text, start, end } = selection;
  const words = text.slice(start, end);
  if (mark === 'link') {
    const put = `[${words}](https://)`;
    // With words chosen the address comes next, else the words.
    return words === '' ? { from: start, to: end, put, start: start + 1, end: start + 1 } : { from: start, to: end, put, start: start + put.length - 1, end: start + put.length - 1 };
  }
  const open = start > 0 && text[start - 1] !== '\n' ? '\n```\n' : '```\n';
  const close = end < text.length && text[end] !== '\n' ? '\n```\n' : '\n```';
  return { from: start, to: end, put: open + words + close, start: start + open.length, end: start + open.length + words.length };
}

function surrounded({ text, start, end }: Selection, sign: string): Change {
  const inside = text.slice(start, end);
  const long = sign.length;
  if (text.slice(start - long, start) === sign && text.slice(end, end + long) === sign && !(sign === '*' && text.slice(start - 2, start) === '**')) {
    return { from: start - long, to: end + long, put: inside, start: start - long, end: end - long };
  }
  // Spaces at the ends stay outside: `** a**` is not bold.
  const lead = /^\s*/.exec(inside)?.[0].length ?? 0;
  const words = inside.trim();
  const from = start + lead;
  return { from, to: from + words.length, put: sign + words + sign, start: from + long, end: from + long + words.length };
}

function prefixed({ text, start, end }: Selection, sign: string): Change {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const next = text.indexOf('\n', end);
  const to = next < 0 ? text.length : next;
  const lines = text.slice(from, to).split('\n');
  const has = lines.every((line) => line.startsWith(sign));
  const put = lines.map((line) => (has ? line.slice(sign.length) : sign + line)).join('\n');
  return { from, to, put, start: from + put.length, end: from + put.length };
}

/** Whether the place stands in a fenced code block that is not closed before it. */
export function inFence(text: string, at: number): boolean {
  return (text.slice(0, at).match(/^```/gm)?.length ?? 0) % 2 === 1;
}

/** A new line in a list goes on with it; one in an empty item ends it. `null`: an ordinary new line. */
export function nextLine({ text, start, end }: Selection): Change | null {
  if (start !== end) return null;
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const item = /^(\s*)(?:([-*+])|(\d{1,8})([.)])|(>)) (\[[ xX]\] )?/.exec(text.slice(from, start));
  if (item === null || inFence(text, start)) return null;
  const [lead, indent = '', bullet, number, dot = '', quote, task] = item;
  if (from + lead.length === start) return { from, to: start, put: '', start: from, end: from };
  const sign = bullet ?? quote ?? `${Number(number) + 1}${dot}`;
  const put = `\n${indent}${sign} ${task === undefined ? '' : '[ ] '}`;
  return { from: start, to: start, put, start: start + put.length, end: start + put.length };
}

/** The name that is being typed after an @, and where the @ stands; `null`: none. */
export function nameTyped({ text, start, end }: Selection): { readonly query: string; readonly from: number } | null {
  if (start !== end) return null;
  // At most three words, as names have; the @ stands at the beginning of a word, so that no mail address begins one.
  const found = /(?:^|[\s([{"'])@((?:[\p{L}\p{M}\p{N}'’.-]+(?: [\p{L}\p{M}\p{N}'’.-]*){0,2})?)$/u.exec(text.slice(Math.max(0, start - 64), start));
  const query = found?.[1];
  if (query === undefined || inFence(text, start)) return null;
  return { query, from: start - query.length - 1 };
}
