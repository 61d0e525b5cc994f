import { Check, Copy } from 'lucide-react';
import { createContext, Fragment, memo, type ReactNode, useContext, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Pid } from '../session/api';
import { IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { type Block, blocksOf, type Item, type Span } from './markdown';
import { type Named, piecesOf } from './mentions';
import styles from './MessageText.module.css';
import { partsOf } from './text';

const c = classes(styles);

interface Naming {
  readonly people: readonly Named[];
  readonly all: boolean;
  readonly me: Pid;
}

const NamingContext = createContext<Naming>({ people: [], all: false, me: '' as Pid });
/** Emoji alone, and few: they may be large. */
const EMOJI_ALONE = /^(?:\p{RGI_Emoji}\s*){1,5}$/v;

/** The words of a message: text nodes, links and marks, never HTML. */
export const MessageText = memo(function MessageText({
  text,
  people,
  all,
  me,
}: {
  readonly text: string;
  /** Whom it mentions. */
  readonly people: readonly Named[];
  readonly all: boolean;
  readonly me: Pid;
}) {
  const naming = useMemo(() => ({ people, all, me }), [people, all, me]);
  const blocks = blocksOf(text);
  return (
    <NamingContext value={naming}>
      {blocks === null ? (
        <p className={c('paragraph', text.length < 64 && EMOJI_ALONE.test(text) && 'large')} dir="auto">
          {partsOf(text).map((part, index) =>
            part.href === undefined ? <Words key={index} text={part.text} /> : <Link key={index} href={part.href} words={part.text} plain>{part.text}</Link>,
          )}
        </p>
      ) : (
        <Blocks blocks={blocks} />
      )}
    </NamingContext>
  );
});

function Blocks({ blocks }: { readonly blocks: readonly Block[] }) {
  return blocks.map((block, index) => <BlockView key={index} block={block} />);
}

function BlockView({ block }: { readonly block: Block }) {
  switch (block.is) {
    case 'paragraph':
      return (
        <p className={c('paragraph')} dir="auto">
          <Spans spans={block.spans} />
        </p>
      );
    case 'heading':
      // No heading of the page: a message must not change its outline.
      return (
        <p className={c('paragraph', 'heading')} dir="auto">
          <Spans spans={block.spans} />
        </p>
      );
    case 'code':
      return <Code text={block.text} language={block.language} />;
    case 'quote':
      return (
        <blockquote className={c('quote')}>
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case 'list':
      return block.start === null ? (
        <ul className={c('list')}>
          <Items items={block.items} />
        </ul>
      ) : (
        <ol className={c('list', 'ordered')} start={block.start}>
          <Items items={block.items} />
        </ol>
      );
    case 'table':
      return (
        <div className={c('scroll')}>
          <table className={c('table')}>
            <thead>
              <tr>
                {block.head.map((cell, index) => (
                  <th key={index} scope="col">
                    <Spans spans={cell} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((cell, at) => (
                    <td key={at}>
                      <Spans spans={cell} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case 'rule':
      return <hr className={c('rule')} />;
  }
}

function Items({ items }: { readonly items: readonly Item[] }) {
  const { t } = useTranslation('chat');
  return items.map((item, index) => (
    <li key={index} className={c(item.done !== null && 'task')} dir="auto">
      {item.done !== null && (
        <span role="img" aria-label={t(item.done ? 'text.done' : 'text.open')} className={c('tick', item.done && 'done')}>
          {item.done && <Check aria-hidden="true" />}
        </span>
      )}
      <Blocks blocks={item.blocks} />
    </li>
  ));
}

function Spans({ spans }: { readonly spans: readonly Span[] }): ReactNode {
  return spans.map((span, index) => {
    switch (span.is) {
      case 'text':
        return <Words key={index} text={span.text} />;
      case 'strong':
        return (
          <strong key={index}>
            <Spans spans={span.spans} />
          </strong>
        );
      case 'em':
        return (
          <em key={index}>
            <Spans spans={span.spans} />
          </em>
        );
      case 'del':
        return (
          <del key={index}>
            <Spans spans={span.spans} />
          </del>
        );
      case 'code':
        return (
          <code key={index} className={c('code')}>
            {span.text}
          </code>
        );
      case 'line':
        return <br key={index} />;
      case 'link':
        return (
          <Link key={index} href={span.href} words={wordsOf(span.spans)} plain={span.plain}>
            <Spans spans={span.spans} />
          </Link>
        );
    }
  });
}

function wordsOf(spans: readonly Span[]): string {
  return spans.map((span) => ('spans' in span ? wordsOf(span.spans) : 'text' in span ? span.text : ' ')).join('');
}

/** Words that look like an address lead there, or say where they lead. */
function Link({ href, words, plain, children }: { readonly href: string; readonly words: string; readonly plain: boolean; readonly children: ReactNode }) {
  const { host, pathname } = new URL(href);
  const where = host === '' ? pathname : host;
  const elsewhere = !plain && /[\p{L}\p{N}]\.\p{L}{2,}/u.test(words) && !words.toLowerCase().includes(where);
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer" title={plain ? undefined : href}>
        {children}
      </a>
      {elsewhere && ` (${where})`}
    </>
  );
}

/** Words, with the people whom they mention. */
function Words({ text }: { readonly text: string }) {
  const { people, all, me } = useContext(NamingContext);
  return piecesOf(text, people, all).map((piece, index) =>
    piece.names === undefined ? (
      <Fragment key={index}>{piece.text}</Fragment>
    ) : (
      <bdi key={index} className={c('mention', (piece.names === me || piece.names === 'all') && 'me')}>
        {piece.text}
      </bdi>
    ),
  );
}

function Code({ text, language }: { readonly text: string; readonly language: string }) {
  const { t } = useTranslation('chat');
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <div className={c('block')}>
      {/* It scrolls, so it takes focus (WCAG 2.1.1). */}
      <div role="region" className={c('scroll')} aria-label={language === '' ? t('text.code') : t('text.codeIn', { language })} tabIndex={0}>
        <pre className={c('pre')} dir="ltr">
          <code>{text}</code>
        </pre>
      </div>
      <div className={c('copy')}>
        <IconButton small label={copied ? t('text.copied') : t('text.copy')} onPress={() => void copy()}>
          {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        </IconButton>
      </div>
    </div>
  );
}
