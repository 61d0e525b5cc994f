/**
 * One connection to relay's stream: the hello, pings, requests by `re`, and word when it ends.
 *
 * Reconnecting is the session's business (`session/link.ts`). Nothing is sent before relay's `Welcome`.
 */
import { frameBytes, frameOf, type Frame } from '../wire/frames';
import type { Bytes } from '../wire/bytes';
import type { ClientFrames, LastIs, Page, ReadsAre, Welcome } from '../wire/types';
import { Refusal } from './refusal';

const VERSION = 1;
const PING_MS = 25_000;
const DEADLINE_MS = 15_000;
const TICK_MS = 5_000;
/** A ping that is unanswered for so long means that the connection is dead. */
const ANSWER_MS = 15_000;
/** The same after a tick that came late: the device slept, and its connection hardly survived that. */
const WOKEN_MS = 5_000;

export interface StreamEvents {
  /** Signs relay's nonce (`hello_bytes`). */
  hello(nonce: Bytes): Promise<Bytes>;
  welcome(frame: Welcome): void;
  /** Every later frame but answers to requests. */
  frame(frame: Frame): void;
  /** Once, when the connection is gone; `code` is relay's goodbye or refusal, or `null`. */
  closed(code: string | null): void;
}

/** Requests that relay answers with one frame, and with which. */
export interface Questions {
  History: Page;
  Last: LastIs;
  Refs: Page;
  Thread: Page;
  Find: Page;
  Reads: ReadsAre;
}
export type Answer = Questions[keyof Questions];
interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (refusal: Refusal) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class RelayStream {
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, Waiting>();
  private readonly timer: ReturnType<typeof setInterval>;
  private nextRe = 1;
  private readonly started = Date.now();
  private ticked = Date.now();
  private heard = Date.now();
  /** The ping that waits for its answer. */
  private pinged: { readonly at: number; readonly patience: number } | null = null;
  private open = false;
  private ended = false;
  private goodbye: string | null = null;

  constructor(
    url: string,
    private readonly grant: string,
    private readonly events: StreamEvents,
  ) {
    this.socket = new WebSocket(url);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => {
      this.write('Hello', { v: VERSION, grant: this.grant });
    };
    this.socket.onmessage = ({ data }) => {
      this.received(data);
    };
    this.socket.onclose = () => {
      this.end();
    };
    this.timer = setInterval(() => {
      this.tick(Date.now());
    }, TICK_MS);
  }

  /** Sends a frame, if the connection is open; whether it went. */
  send<K extends keyof ClientFrames>(kind: K, body: ClientFrames[K]): boolean {
    if (!this.open || this.ended) return false;
    this.write(kind, body);
    return true;
  }

  /** Rejects with relay's refusal, or `relay_away`. */
  ask<K extends keyof Questions>(kind: K, body: Omit<ClientFrames[K], 're'>): Promise<Questions[K]> {
    return new Promise<Answer>((resolve, reject) => {
      const re = this.nextRe++;
      const timer = setTimeout(() => {
        this.waiting.delete(re);
        reject(new Refusal('relay_away'));
      }, DEADLINE_MS);
      this.waiting.set(re, { resolve, reject, timer });
      if (!this.send(kind, { ...body, re } as never)) this.settle(re, new Refusal('relay_away'));
    }) as Promise<Questions[K]>;
  }

  close(): void {
    this.socket.close();
    this.end();
  }

  /** Ticks come late where the page is in the background or the device slept: time alone says nothing of the connection. */
  private tick(now: number): void {
    const late = now - this.ticked > 2 * TICK_MS;
    this.ticked = now;
    if (!this.open) {
      if (now - this.started > DEADLINE_MS) this.close();
    } else if (this.pinged !== null) {
      if (now - this.pinged.at >= this.pinged.patience) this.close();
    } else if (now - this.heard >= PING_MS) {
      this.pinged = { at: now, patience: late ? WOKEN_MS : ANSWER_MS };
      this.write('Ping', {});
    }
  }

  private settle(re: number, outcome: Answer | Refusal): void {
    const found = this.waiting.get(re);
    if (found === undefined) return;
    this.waiting.delete(re);
    clearTimeout(found.timer);
    if (outcome instanceof Refusal) found.reject(outcome);
    else found.resolve(outcome);
  }

  private write<K extends keyof ClientFrames>(kind: K, body: ClientFrames[K]): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frameBytes(kind, body));
  }

  private received(data: unknown): void {
    if (this.ended) return;
    this.heard = Date.now();
    this.pinged = null;
    let frame: Frame;
    try {
      if (!(data instanceof ArrayBuffer)) throw new TypeError();
      frame = frameOf(new Uint8Array(data));
    } catch {
      this.goodbye = 'bad_frame';
      this.close();
      return;
    }
    this.route(frame);
  }

  private route(frame: Frame): void {
    switch (frame.kind) {
      case 'Nonce':
        this.answer(frame.body.nonce);
        return;
      case 'Welcome':
        this.open = true;
        this.events.welcome(frame.body);
        return;
      case 'Page':
      case 'LastIs':
      case 'ReadsAre':
        this.settle(frame.body.re, frame.body);
        return;
      case 'Bye':
        this.goodbye = frame.body.code;
        this.close();
        return;
      case 'StreamError':
        if (frame.body.re !== null) this.settle(frame.body.re, new Refusal(frame.body.code, frame.body.retry_after ?? undefined));
        else if (this.open) this.events.frame(frame);
        else this.goodbye = frame.body.code;
        return;
      default:
        if (this.open) this.events.frame(frame);
    }
  }

  private answer(nonce: Bytes): void {
    this.events.hello(nonce).then(
      (sig) => {
        this.write('HelloProof', { sig });
      },
      () => {
        this.close();
      },
    );
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.open = false;
    clearInterval(this.timer);
    for (const re of [...this.waiting.keys()]) this.settle(re, new Refusal('relay_away'));
    this.events.closed(this.goodbye);
  }
}
