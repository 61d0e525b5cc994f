/**
 * What the timeline shows, line by line: day separators, the unread line, and messages that follow each other as one group.
 */
import type { Message, MsgId, Timeline } from '../session/api';

export type Row =
  /** The head of the list: older messages are loading, or this is where the room began. */
  | { readonly kind: 'older' | 'beginning'; readonly key: string }
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  /** How many answers a thread has; after its root. */
  | { readonly kind: 'answers'; readonly key: string; readonly count: number }
  /** A message is missing here that its sender numbered. */
  | { readonly kind: 'gap'; readonly key: string }
  /** `leads`: shows its author and time; those after it, by the same person soon after, do not repeat them. */
  | { readonly kind: 'message'; readonly key: string; readonly message: Message; readonly leads: boolean };

/** Messages of one person no further apart than this stand together. */
const TOGETHER_MS = 5 * 60 * 1000;
const DAY_MS = 86_400_000;

/** A number for the local calendar day. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS;
}

/** The first message by somebody else after the last one that was read: the unread line goes before it. Answers in threads stand elsewhere. */
export function firstUnread(timeline: Timeline): MsgId | null {
  return timeline.messages.find((message) => !message.mine && message.thread === null && message.pos !== null && message.pos > timeline.readUpTo)?.id ?? null;
}

/** A message that has not changed keeps its rows, so that they are not drawn again. */
const made = new WeakMap<Message, { leads?: Row; follows?: Row }>();

function rowOf(message: Message, leads: boolean): Row {
  let rows = made.get(message);
  if (rows === undefined) {
    rows = {};
    made.set(message, rows);
  }
  return (rows[leads ? 'leads' : 'follows'] ??= { kind: 'message', key: message.id, message, leads });
}

/**
 * The rows of a timeline, oldest first; `gaps` are positions before which a message is missing. Of a room without the answers in its
 * threads; of a thread, named by its root, the root and its answers.
 */
export function rowsOf(messages: readonly Message[], more: boolean, unreadBefore: MsgId | null, gaps: readonly number[] = [], thread: MsgId | null = null): readonly Row[] {
  const rows: Row[] = [];
  if (more) rows.push({ kind: 'older', key: 'older' });
  else if (thread === null) rows.push({ kind: 'beginning', key: 'beginning' });
  const missing = new Set(gaps);
  let previous: Message | undefined;
  /** The previous message's day, from–to (ms): the calendar is asked once a day, not once a message. */
  let from = 0;
  let to = 0;
  for (const message of messages) {
    if (thread === null && message.thread !== null) continue;
    const newDay = message.sentAt < from || message.sentAt >= to;
    if (newDay) {
      const date = new Date(message.sentAt);
      from = new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
      to = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
      rows.push({ kind: 'day', key: `day-${message.id}`, at: message.sentAt });
    }
    const line = message.id === unreadBefore;
    const gap = message.pos !== null && missing.has(message.pos);
    if (gap) rows.push({ kind: 'gap', key: `gap-${message.id}` });
    if (line) rows.push({ kind: 'unread', key: 'unread' });
    const follows = previous?.author.pid === message.author.pid && previous.id !== thread && message.kind === previous.kind && message.sentAt - previous.sentAt <= TOGETHER_MS;
    rows.push(rowOf(message, newDay || line || gap || !follows));
    if (message.id === thread) rows.push({ kind: 'answers', key: 'answers', count: messages.length - 1 });
    previous = message;
  }
  return rows;
}
