/**
 * What the tabs of one device say to each other over a `BroadcastChannel`.
 *
 * They are of one origin, yet each message is checked like one from outside: an older build may be open in the next tab. No text
 * of a person is among them: envelopes are sealed, and so is what waits in the outbox (under the device's own key).
 */
import type { Questions } from '../../doors/stream';
import { idRaw, type MsgId, type RoomId } from '../../wire/ids';
import type { Frame } from '../../wire/frames';
import type { ClientFrames, LastIs, Page, ReadsAre, Welcome } from '../../wire/types';
import * as valid from '../../wire/validators';
import type { OutboxEntry } from '../storage';

/** A tab, for as long as it is open. */
export type TabId = string;

/** Frames of relay that every tab gets. What answers one tab's request goes to that tab alone. */
const PASSED = ['Batch', 'RosterIs', 'RosterAt', 'HintIs', 'ReadIs', 'TypingIs', 'Meeting', 'MediaAckIs', 'Pong', 'PresenceIs'] as const;
export type Passed = Extract<Frame, { kind: (typeof PASSED)[number] }>;

/** What became of a message that waits. */
export interface Note {
  readonly id: MsgId;
  readonly room: RoomId;
  /** Why it is kept and not sent; `null`: it waits. */
  readonly reason: string | null;
  /** Where relay has it. */
  readonly pos: number | null;
  /** Dropped by hand. */
  readonly gone: boolean;
}

type Body<K extends keyof ClientFrames> = ClientFrames[K];
type Without<T> = Omit<T, 're'>;
export type Asked = { [K in keyof Questions]: { readonly kind: K; readonly body: Without<Body<K>> } }[keyof Questions];
/** What is said to relay without an answer. */
export type ToldKind = 'Read' | 'Typing' | 'MediaAck' | 'Presence';
export type Told = { [K in ToldKind]: { readonly kind: K; readonly body: Body<K> } }[ToldKind];
export type Answer = { readonly page: Page } | { readonly last: LastIs } | { readonly reads: ReadsAre } | { readonly code: string; readonly retryAfter: number | null };

export type TabWord =
  /** Who leads? And is it still there: `term` is what this tab knows of it (0: nothing). */
  | { readonly k: 'ping'; readonly term: number }
  | { readonly k: 'pong'; readonly to: TabId }
  /** I lead. The latest `term` counts; `welcome` is relay's word until now, `null` without a connection. `to`: `null` for all. */
  | { readonly k: 'lead'; readonly to: TabId | null; readonly term: number; readonly replaced: boolean; readonly welcome: Welcome | null; readonly waiting: readonly OutboxEntry[] }
  | { readonly k: 'frame'; readonly frame: Passed }
  | { readonly k: 'ask'; readonly to: TabId; readonly re: number; readonly ask: Asked }
  | { readonly k: 'answer'; readonly to: TabId; readonly re: number; readonly answer: Answer }
  | { readonly k: 'tell'; readonly to: TabId; readonly tell: Told }
  /** Messages that this tab wrote, to be sent by who leads. */
  | { readonly k: 'offer'; readonly entries: readonly OutboxEntry[] }
  | { readonly k: 'note'; readonly note: Note }
  | { readonly k: 'wish'; readonly to: TabId; readonly wish: 'retry' | 'discard'; readonly id: MsgId }
  /** This device may not go on, in any tab. */
  | { readonly k: 'over'; readonly how: 'signed_out' | 'revoked' };
export type TabMessage = TabWord & { readonly from: TabId };

/** The frame, if other tabs get it too. */
export function passed(frame: Frame): frame is Passed {
  return (PASSED as readonly string[]).includes(frame.kind);
}

/** What another tab said; `null` for anything else. */
export function messageOf(data: unknown): TabMessage | null {
  if (!isRecord(data) || !isText(data['from']) || !isText(data['k']) || !Object.hasOwn(FORMS, data['k'])) return null;
  return FORMS[data['k'] as TabWord['k']](data) ? (data as unknown as TabMessage) : null;
}

type Fields = Readonly<Record<string, unknown>>;

const FORMS: Readonly<Record<TabWord['k'], (given: Fields) => boolean>> = {
  ping: ({ term }) => isCount(term),
  pong: ({ to }) => isText(to),
  lead: ({ to, term, replaced, welcome, waiting }) =>
    isNullOr(to, isText) && isCount(term) && typeof replaced === 'boolean' && (welcome === null || valid.Welcome(welcome)) && isList(waiting, isEntry),
  frame: ({ frame }) => isRecord(frame) && isOneOf(PASSED, frame['kind']) && valid[frame['kind']](frame['body']),
  ask: ({ to, re, ask }) => isText(to) && isCount(re) && isRecord(ask) && isAsk(ask),
  answer: ({ to, re, answer }) =>
    isText(to) && isCount(re) && isRecord(answer) &&
    (valid.Page(answer['page']) || valid.LastIs(answer['last']) || valid.ReadsAre(answer['reads']) || (isText(answer['code']) && isNullOr(answer['retryAfter'], isNumber))),
  tell: ({ to, tell }) => isText(to) && isRecord(tell) && isTell(tell),
  offer: ({ entries }) => isList(entries, isEntry),
  note: ({ note }) =>
    isRecord(note) && isId('m', note['id']) && isId('r', note['room']) && isNullOr(note['reason'], isText) && isNullOr(note['pos'], isCount) &&
    typeof note['gone'] === 'boolean',
  wish: ({ to, wish, id }) => isText(to) && isOneOf(['retry', 'discard'], wish) && isId('m', id),
  over: ({ how }) => isOneOf(['signed_out', 'revoked'], how),
};

function isAsk({ kind, body }: Fields): boolean {
  if (!isRecord(body) || !isId('r', body['room'])) return false;
  const { before, after, limit, of, thread, msg } = body;
  switch (kind) {
    case 'Last':
    case 'Reads':
      return true;
    case 'History':
      return isNullOr(before, isCount) && isNullOr(after, isCount) && isCount(limit);
    case 'Refs':
      return isList(of, (id) => isId('m', id)) && isCount(after) && isCount(limit);
    case 'Thread':
      return isId('m', thread) && isNullOr(before, isCount) && isCount(limit);
    case 'Find':
      return isId('m', msg) && isCount(limit);
    default:
      return false;
  }
}

function isTell({ kind, body }: Fields): boolean {
  if (!isRecord(body)) return false;
  if (kind === 'Presence') return isList(body['pids'], (pid) => isId('p', pid)) && typeof body['away'] === 'boolean';
  if (kind === 'MediaAck') return isId('c', body['meeting']) && isCount(body['epoch']);
  return isId('r', body['room']) && (kind === 'Typing' || (kind === 'Read' && isCount(body['pos'])));
}

function isEntry(value: unknown): value is OutboxEntry {
  return (
    isRecord(value) && isId('m', value['id']) && isId('r', value['room']) && isCount(value['order']) && isNumber(value['written']) &&
    value['sealed'] instanceof Uint8Array && isNullOr(value['reason'], isText) && (value['tried'] === undefined || value['tried'] instanceof Uint8Array) &&
    (value['edition'] === undefined || isCount(value['edition']))
  );
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 100;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isId(prefix: Parameters<typeof idRaw>[0], value: unknown): boolean {
  try {
    return typeof value === 'string' && idRaw(prefix, value).length > 0;
  } catch {
    return false;
  }
}

function isNullOr(value: unknown, check: (value: unknown) => boolean): boolean {
  return value === null || check(value);
}

function isList(value: unknown, check: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(check);
}

function isOneOf<const T extends string>(all: readonly T[], value: unknown): value is T {
  return (all as readonly unknown[]).includes(value);
}
