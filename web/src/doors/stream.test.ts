/** When a connection to relay counts as dead. The browser's socket is played, since time is. */
import { encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RELAY } from '../wire/types';
import { RelayStream } from './stream';

class Socket {
  static readonly OPEN = 1;
  static last: Socket;
  readonly readyState = 1;
  binaryType = '';
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  readonly sent: number[] = [];

  constructor() {
    Socket.last = this;
  }

  send(data: Uint8Array): void {
    this.sent.push(data[0] ?? 0);
  }

  close(): void {
    // What comes of it is told by the stream itself.
  }

  hear(kind: keyof typeof RELAY, body: object): void {
    this.onmessage?.({ data: Uint8Array.from([RELAY[kind], ...encode(body)]).buffer });
  }
}

const PING = 9;
let closed: (string | null)[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Socket);
  closed = [];
  new RelayStream('ws://127.0.0.1', 'grant', {
    hello: () => Promise.resolve(new Uint8Array(64)),
    welcome: () => undefined,
    frame: () => undefined,
    closed: (code) => closed.push(code),
  });
  Socket.last.hear('Welcome', { v: 1, now: Date.now(), rooms: {}, meetings: {} });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A while in which no timer runs: a page in the background, or a device that sleeps. */
function asleep(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

test('a quiet connection is pinged, and dead when that is not answered', () => {
  vi.advanceTimersByTime(25_000);
  expect(Socket.last.sent).toEqual([PING]);
  Socket.last.hear('Pong', { now: Date.now() });
  vi.advanceTimersByTime(20_000);
  expect(Socket.last.sent).toEqual([PING]);
  vi.advanceTimersByTime(5_000);
  expect(Socket.last.sent).toEqual([PING, PING]);
  vi.advanceTimersByTime(14_000);
  expect(closed).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(closed).toEqual([null]);
});

test('ticks that come once a minute do not end a connection that answers', () => {
  for (let minute = 0; minute < 5; minute += 1) {
    asleep(60_000);
    vi.advanceTimersByTime(5_000);
    expect(Socket.last.sent).toHaveLength(minute + 1);
    Socket.last.hear('Pong', { now: Date.now() });
  }
  expect(closed).toEqual([]);
});

test('after a sleep a dead connection is noticed soon', () => {
  asleep(3_600_000);
  vi.advanceTimersByTime(5_000);
  expect(closed).toEqual([]);
  vi.advanceTimersByTime(5_000);
  expect(closed).toEqual([null]);
});
