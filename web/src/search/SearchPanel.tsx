import { ChevronDown, FileText, Hash, Search } from 'lucide-react';
import { type SubmitEvent, useEffect, useId, useRef, useState } from 'react';
import { Button as PlainButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { go, routeHref } from '../app/route';
import { useSession } from '../app/SessionContext';
import { plainText } from '../chat/markdown';
import { usePersonName, useRoomTitle } from '../people/names';
import { Refusal, type Room, type SearchHit } from '../session/api';
import { Button, CloseButton } from '../ui/Button';
import { classes } from '../ui/classes';
import fieldStyles from '../ui/Field.module.css';
import { Problem } from '../ui/Problem';
import { useReadable } from '../ui/useReadable';
import { type Chosen, Filters, NO_FILTERS, queryOf, Tags } from './Filters';
import { pieces } from './marks';
import { type Asked, closeSearch } from './opening';
import styles from './SearchPanel.module.css';
import { useSearch } from './useSearch';

const c = classes(styles);
const f = classes(fieldStyles);
/** Narrower than this the panel covers the room: it goes when a hit is opened. */
const COVERS = '(max-width: 44rem)';

/** Search over all messages that one may see, beside the room. */
export function SearchPanel({ asked }: { readonly asked: Asked }) {
  const { t } = useTranslation('search');
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(asked.text);
  const [chosen, setChosen] = useState<Chosen>({ ...NO_FILTERS, room: asked.room });
  const search = useSearch();
  const { run } = search;
  const [opened, setOpened] = useState<Asked | null>(null);
  if (opened !== asked) {
    setOpened(asked);
    setText(asked.text);
    setChosen({ ...NO_FILTERS, room: asked.room });
  }
  useEffect(() => {
    input.current?.focus();
    run(queryOf(asked.text, { ...NO_FILTERS, room: asked.room }));
  }, [asked, run]);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    run(queryOf(text, chosen));
  };
  const choose = (next: Chosen) => {
    setChosen(next);
    run(queryOf(text, next));
  };
  return (
    <aside
      className={c('panel')}
      aria-labelledby={id}
      onKeyDownCapture={(event) => {
        const list = event.target instanceof Element ? event.target.closest('[aria-expanded="true"][role="combobox"]') : null;
        if (event.key === 'Escape' && list === null) closeSearch();
      }}
    >
      <div className={c('head')}>
        <h2 id={id}>{t('title')}</h2>
        <CloseButton label={t('close')} onPress={closeSearch} />
      </div>
      <div className={c('body')}>
        <search>
          <form className={c('form')} onSubmit={submit}>
            <label className="hidden-text" htmlFor={`${id}-text`}>
              {t('label')}
            </label>
            <input
              id={`${id}-text`}
              ref={input}
              type="search"
              className={f('input')}
              placeholder={t('placeholder')}
              value={text}
              maxLength={500}
              autoComplete="off"
              enterKeyHint="search"
              onChange={(event) => setText(event.target.value)}
            />
            <Button type="submit" look="primary" icon={<Search aria-hidden="true" />} aria-label={t('search')} />
          </form>
          <Tags chosen={chosen} onChange={choose} />
          <Disclosure className={c('more')}>
            <PlainButton slot="trigger" className={c('toggle')}>
              <ChevronDown aria-hidden="true" />
              {t('filters')}
            </PlainButton>
            <DisclosurePanel>
              <Filters chosen={chosen} onChange={choose} />
            </DisclosurePanel>
          </Disclosure>
        </search>
        <Outcome search={search} text={text} />
      </div>
    </aside>
  );
}

/** What came of it: nothing yet, a problem, or hits. */
function Outcome({ search, text }: { readonly search: ReturnType<typeof useSearch>; readonly text: string }) {
  const { t } = useTranslation('search');
  const { state, more } = search;
  const { hits, page, busy, error } = state;
  const number = new Intl.NumberFormat(languageTag());
  const said = (): string => {
    if (busy) return t('busy');
    if (page === null) return '';
    if (page.total === 0) return t('nothing');
    return t(page.least ? 'least' : 'found', { count: page.total, shown: number.format(page.total) });
  };
  return (
    <>
      <p className={c('said')} role="status">
        {said()}
      </p>
      {error !== undefined && (
        <>
          <Problem error={error} />
          {error instanceof Refusal && error.at !== undefined && text !== '' && <p className={c('hint')}>{t('badAt', { text: Array.from(text).slice(error.at, error.at + 30).join('') })}</p>}
        </>
      )}
      {page !== null && page.indexed < page.of && (
        <p className={c('hint')}>{t('indexed', { done: number.format(page.indexed), all: number.format(page.of), count: page.of })}</p>
      )}
      {page === null && !busy && error === undefined && <Teaching />}
      {page?.total === 0 && !busy && <p className={c('hint')}>{t('nothingHint')}</p>}
      {hits.length > 0 && (
        <ol className={c('hits')} aria-busy={busy}>
          {hits.map((hit) => (
            <HitRow key={hit.id} hit={hit} marks={search.marks} />
          ))}
        </ol>
      )}
      {page?.cursor != null && (
        <Button isPending={busy} onPress={more}>
          {t('more')}
        </Button>
      )}
    </>
  );
}

/** What can be looked for, before anything was. */
function Teaching() {
  const { t } = useTranslation('search');
  return (
    <div className={c('teaching')}>
      <p>{t('teach')}</p>
      <dl>
        {(['phrase', 'from', 'in', 'has', 'date'] as const).map((what) => (
          <div key={what}>
            <dt>
              <code>{t(`example.${what}`)}</code>
            </dt>
            <dd>{t(`means.${what}`)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function HitRow({ hit, marks }: { readonly hit: SearchHit; readonly marks: ReadonlySet<string> }) {
  const { t } = useTranslation('search');
  const session = useSession();
  const room = useReadable(session.rooms).find((one) => one.id === hit.room);
  return (
    <li className={c('hit')}>
      {room === undefined ? (
        <div className={c('row')}>
          <HitText hit={hit} room={room} marks={marks} />
          <p className={c('hint')}>{t('left')}</p>
        </div>
      ) : (
        <a
          className={c('row', 'link')}
          href={routeHref({ name: 'room', room: hit.room, at: hit.id })}
          onClick={(event) => {
            // The same address again would go nowhere.
            event.preventDefault();
            go({ name: 'room', room: hit.room });
            go({ name: 'room', room: hit.room, at: hit.id });
            if (matchMedia(COVERS).matches) closeSearch();
          }}
        >
          <HitText hit={hit} room={room} marks={marks} />
        </a>
      )}
    </li>
  );
}

function HitText({ hit, room, marks }: { readonly hit: SearchHit; readonly room: Room | undefined; readonly marks: ReadonlySet<string> }) {
  const { t } = useTranslation('search');
  const { t: chat } = useTranslation('chat');
  const roomTitle = useRoomTitle();
  const name = usePersonName()(hit.author, room);
  const date = new Intl.DateTimeFormat(languageTag(), { dateStyle: 'medium', timeStyle: 'short' }).format(hit.sentAt);
  return (
    <>
      <span className={c('where')}>
        {room?.kind === 'channel' && <Hash aria-hidden="true" />}
        <span className={c('room')}>{room === undefined ? t('leftRoom') : roomTitle(room)}</span>
        <time dateTime={new Date(hit.sentAt).toISOString()}>{date}</time>
      </span>
      <strong className={c('who')}>{hit.author.pid === useSession().me.pid ? chat('log.me') : name}</strong>
      {hit.opening === 'opened' ? (
        <>
          {hit.text !== '' && (
            <span className={c('text')}>
              {pieces(plainText(hit.text), marks).map((piece, at) => (piece.found ? <mark key={at}>{piece.text}</mark> : piece.text))}
            </span>
          )}
          {hit.files.map((file) => (
            <span key={file.object} className={c('file')}>
              <FileText aria-hidden="true" />
              {pieces(file.name, marks).map((piece, at) => (piece.found ? <mark key={at}>{piece.text}</mark> : piece.text))}
            </span>
          ))}
        </>
      ) : (
        <em className={c('text')}>{chat(`opening.${hit.opening}`)}</em>
      )}
    </>
  );
}
