import { Check, CheckCheck, Clock, MessagesSquare, Pencil, Phone, PhoneMissed, Reply, Trash2 } from 'lucide-react';
import { lazy, memo, type PointerEvent, Suspense, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { useSession } from '../app/SessionContext';
import { FileViews } from '../files';
import { usePersonName } from '../people/names';
import type { Message, Quote, Room, RoomModel } from '../session/api';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem, useExplain } from '../ui/Problem';
import type { Named } from './mentions';
import styles from './MessageRow.module.css';
import { MessageText } from './MessageText';
import { Reactions } from './Reactions';
import { useRoomView } from './RoomContext';

const c = classes(styles);
const MessageActions = lazy(() => import('./MessageActions').then((module) => ({ default: module.MessageActions })));

/** The pointer rests this long on a message before what one can do with it appears: not while one scrolls past. */
const REST_MS = 60;
/** A message longer than this many signs or lines shows its beginning first. */
const LONG_SIGNS = 2500;
const LONG_LINES = 30;
const NOBODY: readonly Named[] = [];

const formats = new Map<string, Intl.DateTimeFormat>();

function clock(at: number): string {
  const tag = languageTag();
  let format = formats.get(tag);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(tag, { hour: '2-digit', minute: '2-digit' });
    formats.set(tag, format);
  }
  return format.format(at);
}

function isLong(text: string): boolean {
  return text.length > LONG_SIGNS || (text.length > LONG_LINES && text.split('\n', LONG_LINES + 1).length > LONG_LINES);
}

/** Whom a message mentions, by their names of now. */
function useNamed(message: Message, room: Room): readonly Named[] {
  const session = useSession();
  const personName = usePersonName();
  return useMemo(
    () => (message.mentions.length === 0 ? NOBODY : message.mentions.map((pid) => ({ pid, name: personName(session.person(pid), room) }))),
    [message.mentions, room, session, personName],
  );
}

/** One message: who, when, what, how far it got, and what can be done with it. */
export const MessageRow = memo(function MessageRow({
  message,
  leads,
  newest,
  seenBy,
  found,
}: {
  readonly message: Message;
  readonly leads: boolean;
  /** One's own newest message, which also says how far it got. */
  readonly newest: boolean;
  /** How many others have read it, where that is told of one's own newest message. */
  readonly seenBy: number;
  /** It was jumped to. */
  readonly found: boolean;
}) {
  const { t } = useTranslation('chat');
  const { room, model, me, thread, openThread } = useRoomView();
  const id = useId();
  const row = useRef<HTMLElement>(null);
  const [near, setNear] = useState(false);
  const [held, setHeld] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [whole, setWhole] = useState(false);
  const short = !whole && isLong(message.text);
  const [readers, setReaders] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>();
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  const name = usePersonName()(message.author, room);
  const named = useNamed(message, room);
  useEffect(() => () => clearTimeout(rest.current), []);

  const acts = message.opening === 'opened' && message.deleted === null && message.state === 'sent' && message.kind === 'text';
  const attempt = async (action: Promise<void>) => {
    setFailure(undefined);
    try {
      await action;
    } catch (error) {
      setFailure(error);
    }
  };
  const move = (event: PointerEvent) => {
    if (near || event.pointerType !== 'mouse') return;
    clearTimeout(rest.current);
    rest.current = setTimeout(() => setNear(true), REST_MS);
  };
  const leave = (event: PointerEvent) => {
    clearTimeout(rest.current);
    // With the focus in it, it stays.
    if (event.pointerType === 'mouse' && row.current?.contains(document.activeElement) !== true) setNear(false);
  };
  const time = clock(message.sentAt);

  return (
    <article
      ref={row}
      className={c('message', message.mine ? 'mine' : 'theirs', leads && 'leads', found && 'found')}
      aria-labelledby={`${id}-by`}
      aria-describedby={`${id}-words`}
      tabIndex={-1}
      data-message={message.id}
      onPointerMove={move}
      onPointerLeave={leave}
      onPointerUp={(event) => event.pointerType === 'touch' && setNear(true)}
      onFocus={() => setNear(true)}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setNear(false)}
    >
      {!message.mine && <div className={c('face')}>{leads && <Avatar id={message.author.pid} name={name} />}</div>}
      <div className={c('column')}>
        <p id={`${id}-by`} className={leads ? c('by') : 'hidden-text'}>
          <span className={message.mine ? 'hidden-text' : c('name')}>{message.mine ? t('log.me') : <bdi>{name}</bdi>}</span>{' '}
          {message.author.integration === true && <span className={c('integration')}>{t('integration')}</span>}{' '}
          <time className={c('time')} dateTime={new Date(message.sentAt).toISOString()}>
            {time}
          </time>
          {message.mentionsMe && <span className="hidden-text">{t('log.mentionsYou')}</span>}
        </p>
        {message.deleted !== null ? (
          <p id={`${id}-words`} className={c('bubble', 'gone')}>
            <Trash2 aria-hidden="true" />
            {t(`deleted.${message.deleted}`)}
          </p>
        ) : message.kind === 'call' ? (
          <Call message={message} id={`${id}-words`} />
        ) : (
          <div id={`${id}-words`} className={c('bubble', message.state === 'draft' && 'draft', message.mentionsMe && 'callsMe')} title={leads ? undefined : time}>
            {message.quote !== null && <QuoteView quote={message.quote} room={room} />}
            {message.opening === 'opened' ? (
              message.text !== '' && (
                <div className={c(short && 'short')}>
                  <MessageText text={message.text} people={named} all={message.mentionsAll} me={me} />
                </div>
              )
            ) : (
              <em className={c('closed')}>{t(`opening.${message.opening}`)}</em>
            )}
            {isLong(message.text) && (
              <button type="button" className={c('replies')} aria-expanded={whole} onClick={() => setWhole(!whole)}>
                {t(whole ? 'log.shorter' : 'log.whole')}
              </button>
            )}
            {message.files.length > 0 && (
              <Suspense fallback={<p className={c('closed')}>{t('log.files', { count: message.files.length })}</p>}>
                <FileViews files={message.files} />
              </Suspense>
            )}
            {message.edited && (
              <span className={c('edited')}>
                <Pencil aria-hidden="true" /> {t('log.edited')}
              </span>
            )}
          </div>
        )}
        {message.reactions.length > 0 && message.deleted === null && <Reactions message={message} onReact={(emoji, on) => void attempt(model.react(message.id, emoji, on))} />}
        {thread === null && message.replies !== null && message.replies.count > 0 && (
          <button type="button" className={c('replies')} onClick={() => openThread(message.id)}>
            <MessagesSquare aria-hidden="true" />
            {t('thread.replies', { count: message.replies.count })}
            <span className={c('time')}>{clock(message.replies.lastAt)}</span>
          </button>
        )}
        {removing && (
          <div className={c('kept')} role="group" aria-label={t(message.mine ? 'remove.own' : 'remove.other')}>
            <p>{t(message.mine ? 'remove.own' : 'remove.other')}</p>
            <div className={c('choices')}>
              <Button
                small
                look="danger"
                autoFocus
                onPress={() => {
                  setRemoving(false);
                  row.current?.focus();
                  void attempt(model.remove(message.id));
                }}
              >
                {t('remove.sure')}
              </Button>
              <Button
                small
                look="quiet"
                onPress={() => {
                  setRemoving(false);
                  row.current?.focus();
                }}
              >
                {t('remove.keep')}
              </Button>
            </div>
          </div>
        )}
        {readers !== null && (
          <p className={c('state')} role="status">
            {readers}
          </p>
        )}
        {message.state === 'waiting' && (
          <p className={c('state')}>
            <Clock aria-hidden="true" />
            {t('state.waiting')}
          </p>
        )}
        {message.state === 'sent' && newest && <Arrived room={room} seenBy={seenBy} />}
        {message.state === 'draft' && <Draft message={message} model={model} />}
        {failure !== undefined && <Problem error={failure} />}
        {acts && (near || held) && (
          <Suspense>
            <MessageActions
              message={message}
              named={named}
              row={row}
              onHold={setHeld}
              onReact={(emoji, on) => void attempt(model.react(message.id, emoji, on))}
              onRemove={() => setRemoving(true)}
              onReaders={setReaders}
            />
          </Suspense>
        )}
      </div>
    </article>
  );
});

/** How far one's own newest message got. */
function Arrived({ room, seenBy }: { readonly room: Room; readonly seenBy: number }) {
  const { t } = useTranslation('chat');
  return (
    <p className={c('state')}>
      {seenBy > 0 ? <CheckCheck aria-hidden="true" /> : <Check aria-hidden="true" />}
      {seenBy === 0 ? t('state.sent') : room.kind === 'direct' ? t('state.seen') : t('state.seenBy', { count: seenBy })}
    </p>
  );
}

/** What a message answers; pressing it goes there. */
function QuoteView({ quote, room }: { readonly quote: Quote; readonly room: Room }) {
  const { t } = useTranslation('chat');
  const { jump } = useRoomView();
  const session = useSession();
  const name = usePersonName()(session.person(quote.pid), room);
  return (
    <button type="button" className={c('quote')} onClick={() => jump(quote.id)}>
      <Reply aria-hidden="true" />
      <span className="hidden-text">{t('log.answers')}</span>
      <span className={c('quoted')}>
        <bdi className={c('name')}>{name}</bdi> <bdi>{quote.text}</bdi>
      </span>
    </button>
  );
}

/** A call: who rang, and what came of it. */
function Call({ message, id }: { readonly message: Message; readonly id: string }) {
  const { t } = useTranslation('chat');
  const state = message.call?.state ?? 'missed';
  const missed = state === 'missed' || state === 'declined';
  return (
    <p id={id} className={c('bubble', 'call')}>
      {missed ? <PhoneMissed aria-hidden="true" /> : <Phone aria-hidden="true" />}
      {t(`call.${state}`)}
    </p>
  );
}

/** A message that may not be sent: why, and what can be done with it. */
function Draft({ message, model }: { readonly message: Message; readonly model: RoomModel }) {
  const { t } = useTranslation('chat');
  const explain = useExplain();
  const [failure, setFailure] = useState<unknown>();
  const attempt = async (action: Promise<void>) => {
    setFailure(undefined);
    try {
      await action;
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <div className={c('kept', 'bad')}>
      <p>
        <strong>{t('state.draft')}</strong> {message.reason !== null && explain(message.reason)}
      </p>
      <div className={c('choices')}>
        <Button small onPress={() => void attempt(model.retry(message.id))}>
          {t('state.retry')}
        </Button>
        <Button small look="quiet" onPress={() => void attempt(model.discard(message.id))}>
          {t('state.discard')}
        </Button>
      </div>
      {failure !== undefined && <Problem error={failure} />}
    </div>
  );
}
