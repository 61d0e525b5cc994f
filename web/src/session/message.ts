/** A message as the screens see it: what was sent, what was said of it since, and what waits on this device to be said of it. */
import { CALL, DELETION, EDIT, MESSAGE, REACTION } from '../wire/envelope';
import type { MsgId, Pid, RoomId } from '../wire/ids';
import type { Content } from '../wire/types';
import type { Message, Opening, Person, Reaction } from './api';
import { callOf, type Fold, type Line } from './fold';
import type { Waiting } from './outbox';
import { shown } from './said';

/** In rooms with more members only owners and moderators mention everybody. */
const FREE_MENTIONS = 100;

/** Who looks, and at which room. */
export interface Eyes {
  readonly room: RoomId;
  readonly me: Pid;
  readonly direct: boolean;
  readonly members: number;
  /** ms since 1970 */
  readonly now: number;
  person(pid: Pid): Person;
}

const NOTHING = {
  thread: null, edited: false, deleted: null, ...shown(null), mentionsAll: false, mentionsMe: false, reactions: [], replies: null, call: null,
} as const;

/** Something at `pos` that nobody can read, or that says who wrote it and no more. */
export function closedMessage(pos: number, id: MsgId | null, opening: Opening, author: Person, sentAt: number, eyes: Eyes): Message {
  return {
    ...NOTHING, kind: 'text', id: id ?? (`pos-${String(pos)}` as MsgId), room: eyes.room, author, mine: id !== null && author.pid === eyes.me,
    sentAt, opening, pos, state: 'sent', reason: null,
  };
}

/** A message that relay has. `pending`: what waits here to be said of it, oldest first. */
export function messageOf(line: Line, fold: Fold, pending: readonly Waiting[], eyes: Eyes): Message | null {
  if (line.base === null) return null;
  const { pos, opening, head } = line.base;
  const author = eyes.person(head.pid);
  const plain = closedMessage(pos, head.msgId, opening, author, head.sentAt * 1000, eyes);
  const message: Message = {
    ...plain,
    ...words(line.said, (epoch) => fold.mayMentionAll(head.msgId, head.pid, epoch, eyes.members, FREE_MENTIONS), line.edit?.head.epoch ?? head.epoch, head.pid, eyes),
    kind: head.kind === CALL ? 'call' : 'text',
    thread: head.thread,
    edited: line.edit !== null,
    deleted: line.deleted,
    reactions: line.deleted === null && head.kind === MESSAGE ? (line.reactions?.view(eyes.me) ?? []) : [],
    replies: line.replies?.view() ?? null,
    call: head.kind === CALL ? { state: callOf(line, eyes.me, eyes.direct, eyes.now) } : null,
  };
  return pending.reduce((before, one) => over(before, one, eyes), message);
}

/** A message that waits in the outbox, or that relay has and has not sent back yet; `null`: it is taken back before it went. */
export function waitingMessage(item: Waiting, pending: readonly Waiting[], eyes: Eyes): Message | null {
  const { id, kind, thread, written, said, reason, pos } = item;
  if (pending.some((one) => one.kind === DELETION)) return null;
  const state = pos !== null ? 'sent' : reason === null ? 'waiting' : 'draft';
  const message: Message = {
    ...NOTHING, ...shown(said), id, room: eyes.room, author: eyes.person(eyes.me), mine: true, sentAt: written, kind: kind === CALL ? 'call' : 'text', thread,
    mentionsAll: said.a ?? false, call: kind === CALL ? { state: 'ringing' } : null, opening: 'opened', pos, state, reason,
  };
  const changed = pending.reduce((before, one) => over(before, one, eyes), message);
  // Before it went, a change of it is no edit.
  return pos === null ? { ...changed, edited: false, state, reason } : changed;
}

function words(said: Content | null, mayAll: (epoch: number) => boolean, epoch: number, author: Pid, eyes: Eyes): Partial<Message> {
  if (said === null) return {};
  const mentionsAll = said.a && mayAll(epoch);
  return { ...shown(said), mentionsAll, mentionsMe: author !== eyes.me && (mentionsAll || said.m.includes(eyes.me)) };
}

/** The message under one word that waits: as it will be, or with the reason why it will not. */
function over(message: Message, { kind, said, reason, pos }: Waiting, { me }: Eyes): Message {
  const state = pos !== null ? message.state : reason === null ? 'waiting' : 'draft';
  if (kind === EDIT) return message.deleted ? message : { ...message, ...shown(said), mentionsAll: said.a ?? false, edited: true, state, reason };
  if (kind === DELETION) {
    if (reason !== null) return { ...message, state, reason };
    return { ...message, ...shown(null), mentionsAll: false, mentionsMe: false, reactions: [], deleted: message.author.pid === me ? 'author' : 'moderator' };
  }
  if (reason !== null) return message;
  if (kind === REACTION) return { ...message, reactions: reacted(message.reactions, said.e ?? '', !said.x, me) };
  if (kind === CALL && message.call !== null && said.c && said.c !== 'ring') return { ...message, call: { state: said.c } };
  return message;
}

function reacted(before: readonly Reaction[], emoji: string, on: boolean, me: Pid): readonly Reaction[] {
  const known = before.find((one) => one.emoji === emoji);
  if (known === undefined) return on ? [...before, { emoji, count: 1, mine: true, people: [me] }] : before;
  if (known.mine === on) return before;
  const people = on ? [...known.people, me] : known.people.filter((pid) => pid !== me);
  const now = { emoji, count: known.count + (on ? 1 : -1), mine: on, people };
  return before.map((one) => (one.emoji === emoji ? now : one)).filter(({ count }) => count > 0);
}

/** Whether such an item stands for itself and is not about a message. */
export function isOwn({ kind, ref }: Pick<Waiting, 'kind' | 'ref'>): boolean {
  return kind === MESSAGE || (kind === CALL && ref === null);
}
