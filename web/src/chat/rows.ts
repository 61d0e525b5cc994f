/**
 * What the timeline shows, line by line: day separators, the unread line, and messages that follow each other as one group.
 */
import type { Message, MsgId, Timeline } from '../session/api';

export type Row =
  /** The head of the list: older messages are loading, or this is where the room began. */
  | { readonly kind: 'older' | 'beginning'; readonly key: string }
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  /** A message is missing here that its sender numbered. */
  | { readonly kind: 'gap'; readonly key: string }
  /** `leads`: shows its author and time; those after it, by the same person soon after, do not repeat them. */
  | { readonly kind: 'message'; readonly key: string; readonly message: Message; readonly leads: boolean };

/** Messages of one person no further apart than this stand together. */
const TOGETHER_MS = 5 * 60 * 1000;

/** A number for the local calendar day. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}

/** The first message by somebody else after the last one that was read: the unread line goes before it. */
export function firstUnread(timeline: Timeline): MsgId | null {
  return timeline.messages.find((message) => !message.mine && message.pos !== null && message.pos > timeline.readUpTo)?.id ?? null;
}

/** The rows of a timeline, oldest first; `gaps` are positions before which a message is missing. */
export function rowsOf(messages: readonly Message[], more: boolean, unreadBefore: MsgId | null, gaps: readonly number[] = []): readonly Row[] {
  const rows: Row[] = [more ? { kind: 'older', key: 'older' } : { kind: 'beginning', key: 'beginning' }];
  let previous: Message | undefined;
  for (const message of messages) {
    const newDay = previous === undefined || dayOf(previous.sentAt) !== dayOf(message.sentAt);
    const line = message.id === unreadBefore;
    if (newDay) rows.push({ kind: 'day', key: `day-${message.id}`, at: message.sentAt });
    const gap = message.pos !== null && gaps.includes(message.pos);
    if (gap) rows.push({ kind: 'gap', key: `gap-${message.id}` });
    if (line) rows.push({ kind: 'unread', key: 'unread' });
    const follows = previous?.author.pid === message.author.pid && message.sentAt - previous.sentAt <= TOGETHER_MS;
    const leads = newDay || line || gap || !follows;
    rows.push({ kind: 'message', key: message.id, message, leads });
    previous = message;
  }
  return rows;
}
