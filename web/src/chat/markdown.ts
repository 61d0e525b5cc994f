/**
 * Message text as a tree that the screen draws with text nodes: nothing ever becomes HTML.
 *
 * Blocks and spans are found by marked's lexer (CommonMark with GitHub's tables and strike-through), less what surprises in a chat:
 * no HTML, no link definitions, no code by indentation, no heading by a line below, and a picture is a link. A line's end is a
 * line's end. Text whose reading would take more than a few milliseconds, as sixty thousand stars do, stays as it was typed.
 */
import { Lexer, type Token, Tokenizer, type Tokens } from 'marked';

import { partsOf } from './text';

export type Span =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'strong' | 'em' | 'del'; readonly spans: readonly Span[] }
  | { readonly is: 'code'; readonly text: string }
  | { readonly is: 'line' }
  /** `plain`: the address as typed; else its text says something, and where it leads is shown. */
  | { readonly is: 'link'; readonly href: string; readonly plain: boolean; readonly spans: readonly Span[] };

export type Block =
  | { readonly is: 'paragraph' | 'heading'; readonly spans: readonly Span[] }
  | { readonly is: 'code'; readonly text: string; readonly language: string }
  | { readonly is: 'quote'; readonly blocks: readonly Block[] }
  | { readonly is: 'list'; readonly start: number | null; readonly items: readonly Item[] }
  | { readonly is: 'table'; readonly head: readonly (readonly Span[])[]; readonly rows: readonly (readonly (readonly Span[])[])[] }
  | { readonly is: 'rule' };

export interface Item {
  /** Of a task: whether it is done. */
  readonly done: boolean | null;
  readonly blocks: readonly Block[];
}

/** Signs without which nothing is marked up: most messages have none of them. */
const MARKUP = /[*_~`[\\|]|^[ \t]*(?:[-+>#]|\d{1,9}[.)]\s)/m;
/** Blocks in blocks, nine deep on one line or by indentation: each depth is read again. */
const DEEP = /^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){9}|^ {24,}(?:[-+*>]|\d)/m;
const SIGNS = /[*_~`[\]!<\\]/g;
/** What reading spans may cost, as signs × length: of one run of text, and of a message. Measured: a million takes about 12 ms. */
const COST_RUN = 500_000;
const COST_ALL = 2_000_000;
const SAFE = /^(?:https?:\/\/|mailto:)/i;

const nothing = () => undefined;

/** Marked's readers less those of what is no markup here. */
class ChatTokenizer extends Tokenizer {
  override readonly html = nothing;
  override readonly tag = nothing;
  override readonly def = nothing;
  override readonly code = nothing;
  override readonly lheading = nothing;
}

/** The text's blocks, or `null` where it is plain: then it is shown as it stands, with links ({@link partsOf}). */
export function blocksOf(text: string): readonly Block[] | null {
  if (!MARKUP.test(text)) return null;
  let blocks = cache.get(text);
  if (blocks === undefined) {
    blocks = read(text);
    if (cache.size >= CACHED) for (const oldest of cache.keys()) {
      cache.delete(oldest);
      break;
    }
    cache.set(text, blocks);
  }
  return blocks;
}

/** Texts read lately: rows come and go while one scrolls. */
const cache = new Map<string, readonly Block[] | null>();
const CACHED = 400;

function read(text: string): readonly Block[] | null {
  if (DEEP.test(text)) return null;
  try {
    const lexer = new Lexer({ gfm: true, breaks: true, tokenizer: new ChatTokenizer() });
    const tokens: Token[] = [];
    lexer.blockTokens(text.replace(/\r\n?/g, '\n'), tokens);
    let left = COST_ALL;
    for (const { src, tokens: into } of lexer.inlineQueue) {
      const cost = src.length * (src.match(SIGNS)?.length ?? 0);
      if (cost > Math.min(left, COST_RUN)) into.push({ type: 'text', raw: src, text: src });
      else {
        left -= cost;
        lexer.inlineTokens(src, into);
      }
    }
    return blocksFrom(tokens);
  } catch {
    // Its way through what nobody would write by hand: a stack that ends, or "infinite loop".
    return null;
  }
}

function blocksFrom(tokens: readonly Token[]): readonly Block[] {
  return tokens.flatMap((token): readonly Block[] => {
    switch (token.type) {
      case 'space':
        return [];
      case 'hr':
        return [{ is: 'rule' }];
      case 'heading':
        return [{ is: 'heading', spans: spansFrom(token.tokens) }];
      case 'code': {
        const { text, lang = '' } = token as Tokens.Code;
        return [{ is: 'code', text, language: lang.split(/\s/)[0] ?? '' }];
      }
      case 'blockquote':
        return [{ is: 'quote', blocks: blocksFrom(token.tokens ?? []) }];
      case 'list': {
        const { ordered, start, items } = token as Tokens.List;
        return [{ is: 'list', start: ordered ? Number(start) : null, items: items.map(itemFrom) }];
      }
      case 'table': {
        const { header, rows } = token as Tokens.Table;
        return [{ is: 'table', head: header.map((cell) => spansFrom(cell.tokens)), rows: rows.map((row) => row.map((cell) => spansFrom(cell.tokens))) }];
      }
      default:
        return [{ is: 'paragraph', spans: spansFrom(token.type === 'paragraph' || token.type === 'text' ? (token as Tokens.Text).tokens : undefined, token) }];
    }
  });
}

function itemFrom({ task, checked, tokens }: Tokens.ListItem): Item {
  return { done: task ? checked === true : null, blocks: blocksFrom(tokens.filter(({ type }) => type !== 'checkbox')) };
}

/** The spans of tokens; a token without them is its own text. */
function spansFrom(tokens: readonly Token[] | undefined, itself?: Token): readonly Span[] {
  if (tokens === undefined) return itself === undefined ? [] : textSpans(itself.raw);
  return tokens.flatMap((token): readonly Span[] => {
    switch (token.type) {
      case 'strong':
      case 'em':
      case 'del':
        return [{ is: token.type, spans: spansFrom(token.tokens) }];
      case 'codespan':
        return [{ is: 'code', text: (token as Tokens.Codespan).text }];
      case 'br':
        return [{ is: 'line' }];
      case 'link':
      case 'image':
        return linkFrom(token as Tokens.Link | Tokens.Image);
      case 'checkbox':
        return [];
      case 'text':
        return token.tokens === undefined ? textSpans((token as Tokens.Text).text) : spansFrom(token.tokens);
      case 'escape':
        return [{ is: 'text', text: (token as Tokens.Escape).text }];
      default:
        return [{ is: 'text', text: token.raw }];
    }
  });
}

/** Only to the web and to mail; whatever else calls itself a link stays what was typed. */
function linkFrom(token: Tokens.Link | Tokens.Image): readonly Span[] {
  const href = token.href.replace(/^http:\/\/(?=www\.)/i, (start) => (token.raw.startsWith('www.') ? 'https://' : start));
  if (!SAFE.test(href) || !URL.canParse(href)) return [{ is: 'text', text: token.raw }];
  const plain = token.type === 'link' && token.autolink === true;
  const spans = token.type === 'link' ? spansFrom(token.tokens).map(withoutLink) : [];
  const words = spans.length > 0 ? spans : [{ is: 'text', text: token.text === '' ? href : token.text } as const];
  return [{ is: 'link', href, plain: plain || token.text === token.href, spans: words }];
}

/** A link in a link leads nowhere by itself. */
function withoutLink(span: Span): Span {
  if (span.is === 'link') return { is: 'text', text: said(span.spans) };
  return 'spans' in span ? { ...span, spans: span.spans.map(withoutLink) } : span;
}

/** Text without markup; addresses in it that the lexer does not know become links all the same. */
function textSpans(text: string): readonly Span[] {
  return partsOf(text).map((part): Span => (part.href === undefined ? { is: 'text', text: part.text } : { is: 'link', href: part.href, plain: true, spans: [{ is: 'text', text: part.text }] }));
}

/** The text as it reads, without its signs: for announcements, quotes and lists. */
export function plainText(text: string): string {
  const blocks = blocksOf(text);
  return (blocks === null ? text : blocks.map(wordsOf).join(' ')).replace(/\s+/g, ' ').trim();
}

function wordsOf(block: Block): string {
  switch (block.is) {
    case 'paragraph':
    case 'heading':
      return said(block.spans);
    case 'code':
      return block.text;
    case 'quote':
      return block.blocks.map(wordsOf).join(' ');
    case 'list':
      return block.items.map((item) => item.blocks.map(wordsOf).join(' ')).join(' ');
    case 'table':
      return [block.head, ...block.rows].map((row) => row.map(said).join(' ')).join(' ');
    case 'rule':
      return '';
  }
}

function said(spans: readonly Span[]): string {
  return spans
    .map((span) => {
      if (span.is === 'line') return ' ';
      return 'spans' in span ? said(span.spans) : span.text;
    })
    .join('');
}
