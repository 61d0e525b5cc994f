import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { readsAloud } from '../app/preferences';
import { usePersonName } from '../people/names';
import type { Message, MsgId, Pid, Room, Timeline as TimelineValue } from '../session/api';
import { announce } from '../ui/announce';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { useReadable } from '../ui/useReadable';
import { copyMessages } from './copying';
import { plainText } from './markdown';
import { MessageRow } from './MessageRow';
import { useRoomView } from './RoomContext';
import { firstUnread, type Row, rowsOf } from './rows';
import { AnswersLine, Beginning, DayLine, GapLine, OlderLine, UnreadLine } from './lines';
import styles from './Timeline.module.css';

const c = classes(styles);

/** The end counts as seen when it is nearer than this (px). */
const NEAR_END = 96;
/** Older messages are asked for when so few rows are left above. */
const ROWS_AHEAD = 6;
/** How long a message that was jumped to is marked. */
const FOUND_MS = 2500;

/** A row that has not been measured (px). */
const ROUGHLY = () => 56;

/** Where the unread line goes: fixed once the room's news are here, so that it does not run ahead of what arrives while one looks. */
function useUnreadLine(timeline: TimelineValue, thread: MsgId | null): MsgId | null {
  const [line, setLine] = useState<MsgId | null | undefined>(thread === null ? undefined : null);
  if (line === undefined && !timeline.loading) setLine(firstUnread(timeline));
  return line ?? null;
}

/** Says messages of others that arrive while the room is open, one sentence at a time; and counts them. */
function useNews(timeline: TimelineValue, room: Room): number {
  const { t } = useTranslation('chat');
  const personName = usePersonName();
  const newest = useRef<number | null>(null);
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (timeline.loading) return;
    const top = topOf(timeline.messages);
    const from = newest.current;
    newest.current = Math.max(top, from ?? 0);
    if (from === null || top <= from) return;
    const news: Message[] = [];
    for (let at = timeline.messages.length - 1; at >= 0; at -= 1) {
      const message = timeline.messages[at];
      if (message?.pos === null) continue;
      if (message === undefined || message.pos <= from) break;
      if (!message.mine) news.push(message);
    }
    const [last] = news;
    if (last === undefined) return;
    // eslint-disable-next-line react-hooks/set-state-in-effect -- counts what came, which only a comparison with before tells
    setCount((before) => before + news.length);
    if (!readsAloud()) return;
    announce(
      news.length === 1 && last.opening === 'opened'
        ? t('log.said', { name: personName(last.author, room), text: plainText(last.text).slice(0, 300) })
        : t('log.news', { count: news.length }),
    );
  }, [timeline, room, t, personName]);
  return count;
}

/** The newest position; what waits comes last and has none. */
function topOf(messages: readonly Message[]): number {
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const pos = messages[at]?.pos;
    if (pos !== null && pos !== undefined) return pos;
  }
  return 0;
}

/** The time, anew each minute: enough for "Today" to become "Yesterday". */
function useMinute(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 60_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** How many others have read up to a position. */
function readersOf(seen: ReadonlyMap<Pid, number>, me: Pid, pos: number | null | undefined): number {
  if (pos === null || pos === undefined) return 0;
  let count = 0;
  for (const [pid, read] of seen) if (pid !== me && read >= pos) count += 1;
  return count;
}

/**
 * Everything said in a room, or in one of its threads; only the rows in sight are in the page. Arrow keys go from message to message;
 * Escape goes to where one writes.
 */
export function Timeline({
  older,
  at,
}: {
  readonly older: () => Promise<void>;
  /** The message to show; a new object for every wish. */
  readonly at: { readonly id: MsgId } | null;
}) {
  const { t } = useTranslation('chat');
  const { model, room, me, thread, box, source } = useRoomView();
  const timeline = useReadable(source);
  const seen = useReadable(model.seen);
  const line = useUnreadLine(timeline, thread);
  const news = useNews(timeline, room);
  const rows = useMemo(
    () => rowsOf(timeline.messages, timeline.more, line, timeline.gaps, thread),
    [timeline.messages, timeline.more, line, timeline.gaps, thread],
  );
  const now = useMinute();
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  /** Row with the focus: it stays in the page however far one scrolls. */
  const focused = useRef(-1);
  const [found, setFound] = useState<MsgId | null>(null);

  // The same function as long as the rows are the same: with a new one all of them are placed anew, a hundred thousand at each turn of the wheel.
  const keyAt = useCallback((index: number) => rows[index]?.key ?? index, [rows]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: ROUGHLY,
    getItemKey: keyAt,
    overscan: 10,
    anchorTo: 'end',
    followOnAppend: !timeline.moreNewer,
    scrollEndThreshold: NEAR_END,
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      const kept = focused.current;
      return kept < 0 || kept >= rows.length || shown.includes(kept) ? shown : [...shown, kept].sort((a, b) => a - b);
    },
  });

  const focusRow = (index: number) => {
    focused.current = index;
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"] article`)?.focus({ preventScroll: true }));
  };

  // The first look: at the unread line, else at the newest message.
  const placed = useRef(false);
  const filled = timeline.messages.length > 0;
  useEffect(() => {
    if (placed.current || !filled || timeline.loading || at !== null) return;
    placed.current = true;
    const unread = rows.findIndex((row) => row.kind === 'unread');
    if (unread > 0) virtual.scrollToIndex(unread, { align: 'center' });
    else virtual.scrollToEnd();
  }, [filled, timeline.loading, rows, virtual, at]);

  // A message that is to be shown: loaded around, then looked at.
  const wanted = useRef<MsgId | null>(null);
  useEffect(() => {
    if (at === null) return;
    wanted.current = at.id;
    if (thread !== null) return;
    void model.jump(at.id).then((there) => {
      if (there) return;
      wanted.current = null;
      announce(t('log.goneAway'));
    });
  }, [at, model, thread, t]);
  useEffect(() => {
    const id = wanted.current;
    const index = id === null ? -1 : rows.findIndex((row) => row.kind === 'message' && row.message.id === id);
    if (index < 0) return;
    wanted.current = null;
    placed.current = true;
    virtual.scrollToIndex(index, { align: 'center' });
    setFound(id);
    setTimeout(() => setFound(null), FOUND_MS);
    focusRow(index);
  }, [rows, at, virtual]);

  // One's own new message is always looked at.
  const lastMine = useMemo(() => timeline.messages.findLast((message) => message.mine && (thread !== null || message.thread === null)), [timeline.messages, thread]);
  const seenMine = useRef(lastMine?.id);
  useEffect(() => {
    if (seenMine.current === lastMine?.id) return;
    seenMine.current = lastMine?.id;
    if (placed.current) virtual.scrollToEnd();
  }, [lastMine, virtual]);

  const look = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    setAtEnd(end);
    if (!end || !filled) return;
    if (timeline.moreNewer) void model.newer();
    else if (thread === null && document.visibilityState === 'visible' && document.hasFocus()) model.read();
  }, [model, filled, timeline.moreNewer, thread]);
  useEffect(() => {
    look();
    addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, [look, timeline.messages]);

  // What came while one looked elsewhere.
  const seenNews = useRef(0);
  useEffect(() => {
    if (atEnd && !timeline.moreNewer) seenNews.current = news;
  }, [atEnd, news, timeline.moreNewer]);

  const items = virtual.getVirtualItems();
  const first = items.find((item) => item.index !== focused.current)?.index ?? ROWS_AHEAD;
  useEffect(() => {
    if (placed.current && first < ROWS_AHEAD && timeline.more && !timeline.loading) void older();
  }, [first, timeline.more, timeline.loading, older]);

  const goTo = (index: number, align: 'auto' | 'start' | 'end' = 'auto') => {
    virtual.scrollToIndex(index, { align });
    focusRow(index);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !(event.target instanceof HTMLElement)) return;
    const on = event.target.closest<HTMLElement>('[data-index]');
    const here = on === null ? null : Number(on.dataset['index']);
    if (event.key === 'Escape' && here !== null) {
      event.preventDefault();
      box.focus();
      return;
    }
    // A button or a link in a message has its own keys.
    if (event.target !== scroller.current && event.target.localName !== 'article') return;
    const messages = (from: number, step: 1 | -1): number => {
      let index = from;
      while (index >= 0 && index < rows.length && rows[index]?.kind !== 'message') index += step;
      return index;
    };
    const shown = virtual.getVirtualItems().at(-1)?.index ?? rows.length - 1;
    const steps: Record<string, () => number> = {
      ArrowUp: () => messages(here === null ? shown : here - 1, -1),
      ArrowDown: () => messages(here === null ? shown : here + 1, 1),
      Home: () => messages(0, 1),
      End: () => messages(rows.length - 1, -1),
    };
    const next = steps[event.key]?.();
    if (next === undefined || rows[next]?.kind !== 'message') return;
    event.preventDefault();
    goTo(next);
  };
  const toNewest = async () => {
    if (timeline.moreNewer) await model.newest();
    virtual.scrollToEnd();
    box.focus();
  };
  const missed = news - seenNews.current;

  return (
    <div className={c('frame')}>
      {/* aria-live is off: scrolling a virtual list would read old messages aloud; news are announced apart. */}
      <div
        ref={scroller}
        className={c('log')}
        role="log"
        aria-live="off"
        aria-label={thread === null ? t('log.label') : t('thread.label')}
        aria-busy={timeline.loading}
        tabIndex={0}
        onScroll={look}
        onKeyDown={onKeyDown}
        onCopy={copyMessages}
        onFocus={(event) => {
          const on = event.target.closest<HTMLElement>('[data-index]');
          if (on !== null) focused.current = Number(on.dataset['index']);
        }}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget)) focused.current = -1;
        }}
      >
        <div className={c('inner')} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <div key={item.key} ref={virtual.measureElement} data-index={item.index} className={c('row')} style={{ transform: `translateY(${item.start}px)` }}>
                <RowView
                  row={row}
                  room={room}
                  lastMine={lastMine?.id}
                  seenBy={row.kind === 'message' && row.message === lastMine ? readersOf(seen, me, lastMine.pos) : 0}
                  found={found}
                  now={now}
                />
              </div>
            );
          })}
        </div>
      </div>
      {(!atEnd || timeline.moreNewer) && (
        <div className={c('jump')}>
          <Button small icon={<ArrowDown aria-hidden="true" />} onPress={() => void toNewest()}>
            {missed > 0 ? t('log.newestCount', { count: missed }) : t('log.newest')}
          </Button>
        </div>
      )}
    </div>
  );
}

function RowView({
  row,
  room,
  lastMine,
  seenBy,
  found,
  now,
}: {
  readonly row: Row;
  readonly room: Room;
  readonly lastMine: MsgId | undefined;
  readonly seenBy: number;
  readonly found: MsgId | null;
  readonly now: number;
}) {
  switch (row.kind) {
    case 'older':
      return <OlderLine />;
    case 'beginning':
      return <Beginning room={room} />;
    case 'day':
      return <DayLine at={row.at} now={now} />;
    case 'gap':
      return <GapLine />;
    case 'unread':
      return <UnreadLine />;
    case 'answers':
      return <AnswersLine count={row.count} />;
    case 'message':
      return <MessageRow message={row.message} leads={row.leads} newest={row.message.id === lastMine} seenBy={seenBy} found={row.message.id === found} />;
  }
}
