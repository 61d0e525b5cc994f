/** The connection to relay that comes back: jittered back-off, at once when the network returns. */
import { RelayStream } from '../doors/stream';
import type { Frame } from '../wire/frames';
import type { Bytes } from '../wire/bytes';
import type { Welcome } from '../wire/types';

const FIRST_MS = 500;
/** Relay was restarted, most often: back within some ten seconds, so the first tries come close together. */
const EARLY_TRIES = 15;
const EARLY_MS = 1_000;
const LONGEST_MS = 30_000;
/** A connection that lasted this long ends the run of failures. */
const LASTED_MS = 10_000;

export interface LinkEvents {
  /** Address and grant for the next connection; a refusal means: wait and ask again. */
  door(): Promise<{ readonly url: string; readonly grant: string }>;
  hello(grant: string, nonce: Bytes): Promise<Bytes>;
  up(welcome: Welcome): void;
  frame(frame: Frame): void;
  /** The connection is gone. `again`: whether to come back. */
  down(code: string | null): { readonly again: boolean };
}

export class Link {
  private stream: RelayStream | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  private openedAt = 0;
  private dueAt = 0;
  private running = false;
  /** Counts starts, so that a late answer of an earlier one is ignored. */
  private round = 0;

  constructor(private readonly events: LinkEvents) {}

  get open(): RelayStream | null {
    return this.openedAt > 0 ? this.stream : null;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    addEventListener('online', this.kick);
    this.failures = 0;
    void this.connect();
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.round += 1;
    removeEventListener('online', this.kick);
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const stream = this.stream;
    this.stream = null;
    this.openedAt = 0;
    stream?.close();
  }

  /** Comes back now if it is time: the browser may let a page in the background wait longer. */
  due(): void {
    if (this.timer !== null && Date.now() >= this.dueAt) this.kick();
  }

  private readonly kick = (): void => {
    if (this.stream === null && this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
      void this.connect();
    }
  };

  private async connect(): Promise<void> {
    const round = ++this.round;
    let door: { readonly url: string; readonly grant: string };
    try {
      door = await this.events.door();
    } catch {
      if (this.running && round === this.round) this.later();
      return;
    }
    if (!this.running || round !== this.round) return;
    this.stream = new RelayStream(door.url, door.grant, {
      hello: (nonce) => this.events.hello(door.grant, nonce),
      welcome: (welcome) => {
        if (round !== this.round) return;
        this.openedAt = Date.now();
        this.events.up(welcome);
      },
      frame: (frame) => {
        if (round === this.round) this.events.frame(frame);
      },
      closed: (code) => {
        if (round === this.round) this.closed(code);
      },
    });
  }

  private closed(code: string | null): void {
    if (this.openedAt > 0 && Date.now() - this.openedAt > LASTED_MS) this.failures = 0;
    this.stream = null;
    this.openedAt = 0;
    const { again } = this.events.down(code);
    if (again && this.running) this.later();
  }

  private later(): void {
    const early = this.failures < EARLY_TRIES;
    const most = Math.min(early ? EARLY_MS : LONGEST_MS, FIRST_MS * 2 ** (this.failures - (early ? 0 : EARLY_TRIES - 1)));
    this.failures += 1;
    const wait = most * (0.5 + Math.random() / 2);
    this.dueAt = Date.now() + wait;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.connect();
    }, wait);
  }
}
