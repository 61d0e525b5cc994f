import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { usePersonName } from '../people/names';
import type { MsgId, Room, RoomModel, Timeline as TimelineValue } from '../session/api';
import { announce } from '../ui/announce';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { useReadable } from '../ui/useReadable';
import { MessageRow } from './MessageRow';
import { firstUnread, type Row, rowsOf } from './rows';
import { Beginning, DayLine, GapLine, OlderLine, UnreadLine } from './lines';
import styles from './Timeline.module.css';

const c = classes(styles);

/** The end counts as seen when it is nearer than this (px). */
const NEAR_END = 96;
/** Older messages are asked for when so few rows are left above. */
const ROWS_AHEAD = 6;

/** Where the unread line goes: fixed once the room's news are here, so that it does not run ahead of what arrives while one looks. */
function useUnreadLine(timeline: TimelineValue): MsgId | null {
  const [line, setLine] = useState<MsgId | null | undefined>(undefined);
  if (line === undefined && !timeline.loading) setLine(firstUnread(timeline));
  return line ?? null;
}

/** Says messages of others that arrive while the room is open, one sentence at a time. */
function useReadAloud(timeline: TimelineValue, room: Room): void {
  const { t } = useTranslation('chat');
  const personName = usePersonName();
  const newest = useRef<number | null>(null);
  useEffect(() => {
    if (timeline.loading) return;
    const stored = timeline.messages.filter((message) => message.pos !== null);
    const top = stored.reduce((most, message) => Math.max(most, message.pos ?? 0), 0);
    if (newest.current !== null) {
      const from = newest.current;
      const news = stored.filter((message) => (message.pos ?? 0) > from && !message.mine);
      const last = news.at(-1);
      if (last !== undefined) {
        announce(
          news.length === 1 && last.opening === 'opened'
            ? t('log.said', { name: personName(last.author, room), text: last.text.slice(0, 300) })
            : t('log.news', { count: news.length }),
        );
      }
    }
    newest.current = top;
  }, [timeline, room, t, personName]);
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

/** Everything said in a room; only the rows in sight are in the page. */
export function Timeline({ model, room }: { readonly model: RoomModel; readonly room: Room }) {
  const { t } = useTranslation('chat');
  const timeline = useReadable(model.timeline);
  const line = useUnreadLine(timeline);
  useReadAloud(timeline, room);
  const rows = useMemo(() => rowsOf(timeline.messages, timeline.more, line, timeline.gaps), [timeline.messages, timeline.more, line, timeline.gaps]);
  const now = useMinute();
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 56,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 10,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: NEAR_END,
  });

  // The first look: at the unread line, else at the newest message.
  const placed = useRef(false);
  const filled = timeline.messages.length > 0;
  useEffect(() => {
    if (placed.current || !filled || timeline.loading) return;
    placed.current = true;
    const unread = rows.findIndex((row) => row.kind === 'unread');
    if (unread > 0) virtual.scrollToIndex(unread, { align: 'center' });
    else virtual.scrollToEnd();
  }, [filled, timeline.loading, rows, virtual]);

  // One's own new message is always looked at.
  const lastMine = timeline.messages.findLast((message) => message.mine)?.id;
  const seenMine = useRef(lastMine);
  useEffect(() => {
    if (seenMine.current === lastMine) return;
    seenMine.current = lastMine;
    if (placed.current) virtual.scrollToEnd();
  }, [lastMine, virtual]);

  const look = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    setAtEnd(end);
    if (end && filled && document.visibilityState === 'visible' && document.hasFocus()) model.read();
  }, [model, filled]);

  useEffect(() => {
    look();
    addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, [look, timeline.messages]);

  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? ROWS_AHEAD;
  useEffect(() => {
    if (placed.current && first < ROWS_AHEAD && timeline.more && !timeline.loading) void model.older();
  }, [first, timeline.more, timeline.loading, model]);

  return (
    <div className={c('frame')}>
      {/* aria-live is off: scrolling a virtual list would read old messages aloud; news are announced apart. */}
      <div ref={scroller} className={c('log')} role="log" aria-live="off" aria-label={t('log.label')} aria-busy={timeline.loading} tabIndex={0} onScroll={look}>
        <div className={c('inner')} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <div key={item.key} ref={virtual.measureElement} data-index={item.index} className={c('row')} style={{ transform: `translateY(${item.start}px)` }}>
                <RowView row={row} room={room} model={model} lastMine={lastMine} now={now} />
              </div>
            );
          })}
        </div>
      </div>
      {!atEnd && (
        <div className={c('jump')}>
          <Button small icon={<ArrowDown aria-hidden="true" />} onPress={() => virtual.scrollToEnd()}>
            {t('log.newest')}
          </Button>
        </div>
      )}
    </div>
  );
}

function RowView({
  row,
  room,
  model,
  lastMine,
  now,
}: {
  readonly row: Row;
  readonly room: Room;
  readonly model: RoomModel;
  readonly lastMine: MsgId | undefined;
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
    case 'message':
      return <MessageRow message={row.message} leads={row.leads} newest={row.message.id === lastMine} room={room} model={model} />;
  }
}
