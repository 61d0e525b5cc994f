import { describe, expect, it } from 'vitest';

import type { Message, MsgId, Person, Pid, RoomId, Timeline } from '../session/api';
import { dayName } from './lines';
import { firstUnread, type Row, rowsOf } from './rows';

const person = (pid: string): Person => ({ pid: pid as Pid, name: pid, department: '', title: '' });
const anna = person('anna');
const bo = person('bo');
const morning = new Date(2026, 2, 2, 8, 0).getTime();
const minute = 60_000;

function message(id: string, author: Person, sentAt: number, pos: number | null = 1): Message {
  const common = {
    kind: 'text', thread: null, edited: false, deleted: null, mentions: [], mentionsAll: false, mentionsMe: false, quote: null, files: [],
    reactions: [], replies: null, call: null, opening: 'opened', state: pos === null ? 'waiting' : 'sent', reason: null,
  } as const;
  return { id: id as MsgId, room: 'r' as RoomId, author, mine: author === anna, sentAt, text: id, pos, ...common };
}

function timeline(messages: readonly Message[], readUpTo = 0): Timeline {
  return { messages, loading: false, more: false, moreNewer: false, readUpTo, gaps: [], typing: [] };
}

const shape = (rows: readonly Row[]) => rows.map((row) => (row.kind === 'message' ? `${row.message.id}${row.leads ? '!' : ''}` : row.kind));

describe('rowsOf', () => {
  it('begins a room, or says that older messages come', () => {
    expect(shape(rowsOf([], false, null))).toEqual(['beginning']);
    expect(shape(rowsOf([], true, null))).toEqual(['older']);
  });

  it('gathers messages of one person within five minutes', () => {
    const messages = [
      message('a', anna, morning),
      message('b', anna, morning + 5 * minute),
      message('c', anna, morning + 10 * minute + 1),
      message('d', bo, morning + 11 * minute),
      message('e', anna, morning + 12 * minute),
    ];
    expect(shape(rowsOf(messages, false, null))).toEqual(['beginning', 'day', 'a!', 'b', 'c!', 'd!', 'e!']);
  });

  it('separates days by the local calendar, also within five minutes', () => {
    const night = new Date(2026, 2, 2, 23, 58).getTime();
    expect(shape(rowsOf([message('a', anna, night), message('b', anna, night + 4 * minute)], false, null))).toEqual(['beginning', 'day', 'a!', 'day', 'b!']);
  });

  it('puts the unread line before its message, which then leads', () => {
    const messages = [message('a', bo, morning, 1), message('b', bo, morning + minute, 2)];
    expect(shape(rowsOf(messages, false, firstUnread(timeline(messages, 1))))).toEqual(['beginning', 'day', 'a!', 'unread', 'b!']);
  });

  it('says where a message is missing', () => {
    const messages = [message('a', bo, morning, 1), message('b', bo, morning + minute, 2)];
    expect(shape(rowsOf(messages, false, null, [2]))).toEqual(['beginning', 'day', 'a!', 'gap', 'b!']);
  });

  it('gives every row its own key', () => {
    const rows = rowsOf([message('a', anna, morning), message('b', bo, morning + 24 * 60 * minute)], true, 'b' as MsgId);
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
  });
});

describe('threads', () => {
  const root = message('root', anna, morning, 1);
  const answers = [1, 2].map((n): Message => ({ ...message(`answer${n}`, bo, morning + n * minute, 1 + n), thread: root.id }));
  const last = message('last', anna, morning + 3 * minute, 4);

  it('stand beside the room, whose messages follow each other without them', () => {
    expect(shape(rowsOf([root, ...answers, last], false, null))).toEqual(['beginning', 'day', 'root!', 'last']);
    expect(firstUnread(timeline([root, ...answers, last], 1))).toBeNull();
  });

  it('begin with what they are about', () => {
    expect(shape(rowsOf([root, ...answers], false, null, [], root.id))).toEqual(['day', 'root!', 'answers', 'answer1!', 'answer2']);
  });

  it('give a message that has not changed the same row', () => {
    const rows = rowsOf([root, last], false, null);
    const after = rowsOf([root, last, message('new', bo, morning + 4 * minute, 5)], false, null);
    expect(after.slice(0, rows.length).filter((row) => row.kind === 'message')).toEqual(rows.filter((row) => row.kind === 'message'));
    expect(after.find((row) => row.kind === 'message')).toBe(rows.find((row) => row.kind === 'message'));
  });
});

describe('firstUnread', () => {
  it('is the first message by somebody else after the position', () => {
    const messages = [message('a', bo, morning, 1), message('b', anna, morning, 2), message('c', bo, morning, 3), message('d', bo, morning, 4)];
    expect(firstUnread(timeline(messages, 1))).toBe('c');
    expect(firstUnread(timeline(messages, 4))).toBeNull();
  });

  it('never is a message that waits', () => {
    expect(firstUnread(timeline([message('a', bo, morning, null)]))).toBeNull();
  });
});

describe('dayName', () => {
  const noon = new Date(2026, 2, 2, 12, 0).getTime();
  it('says today and yesterday in the language', () => {
    expect(dayName(morning, noon, 'en-GB')).toBe('Today');
    expect(dayName(morning - 24 * 60 * minute, noon, 'de-DE')).toBe('Gestern');
    expect(dayName(morning - 24 * 60 * minute, noon, 'sv-SE')).toBe('I går');
  });

  it('says the date else, and the year where it is another one', () => {
    expect(dayName(new Date(2026, 1, 10).getTime(), noon, 'sv-SE')).toBe('tisdag 10 februari');
    expect(dayName(new Date(2025, 1, 10).getTime(), noon, 'en-GB')).toContain('2025');
  });
});
