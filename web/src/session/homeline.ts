/** The line to home after the start: whether it answers, what changed there, and a fresh grant every hour. */
import type { HomeDoor } from '../doors/home';
import { codeOf } from '../doors/refusal';
import type { Since, Started } from '../wire/types';
import { coalesced } from './signal';

const RENEW_MS = 3600 * 1000;
/** While home is away it is asked again after this long, later less often; spread, since everybody waits for it. */
const RETRY_MS = 5_000;
const LONGEST_MS = 15_000;
/** Who writes asks home again after this long, so that relay cannot hide a removal from them for longer. */
const FRESH_MS = 60_000;

export interface HomeLineEvents {
  /** What changed at home since the last time. */
  since(news: Since): Promise<void>;
  /** Home answers again, or not any more. */
  answers(answers: boolean): void;
  renewed(grant: string): void;
  /** Home does not know us any more. */
  over(how: 'signed_out' | 'revoked'): void;
}

export class HomeLine {
  /** Whether home answered last time. */
  answers: boolean;
  grant: string;
  /** When home gave the grant, ms since 1970. */
  grantedAt: number;
  relay: Started['relay'];
  cursor: number;
  private stale = false;
  private synced = 0;
  private failures = 0;
  private stopped = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly renewing: ReturnType<typeof setInterval>;

  constructor(
    private readonly home: HomeDoor,
    started: Started,
    private readonly events: HomeLineEvents,
    /** When the start is one that was kept: its time, and home has not answered yet. */
    keptAt: number | null,
  ) {
    this.answers = keptAt === null;
    this.grant = started.grant;
    this.grantedAt = keptAt ?? Date.now();
    this.relay = started.relay;
    this.cursor = started.cursor;
    if (keptAt !== null) this.later();
    this.renewing = setInterval(() => void this.renew().catch(() => undefined), RENEW_MS);
  }

  /** The grant is over and home does not give another. */
  get lapsed(): boolean {
    return this.stale && !this.answers;
  }

  /** Goes on from a later start. */
  adopt({ grant, relay, cursor }: Started): void {
    this.cursor = Math.max(this.cursor, cursor);
    this.granted(grant, relay);
  }

  /** Waits for a call to home and notes whether home answers and still knows us. */
  async asked<T>(call: Promise<T>): Promise<T> {
    try {
      const reply = await call;
      this.heard(true);
      return reply;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'home_away') this.heard(false);
      else if (code === 'signed_out') this.events.over('signed_out');
      else if (code === 'device_revoked') this.events.over('revoked');
      throw error;
    }
  }

  /** Asks what changed; while home is away, again and again until it answers. */
  syncSoon(): void {
    this.sync().catch((error: unknown) => {
      if (codeOf(error) === 'home_away') this.later();
    });
  }

  /** Asks what changed, unless that was done just now. */
  refresh(): void {
    if (Date.now() - this.synced > FRESH_MS) this.syncSoon();
  }

  /** Relay does not take the grant any more: the next connection gets a new one first. */
  renewFirst(): void {
    this.stale = true;
  }

  /** Address and grant for a connection to relay. */
  async door(): Promise<{ readonly url: string; readonly grant: string }> {
    if (this.stale) await this.renew();
    return { url: this.relay.stream, grant: this.grant };
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.renewing);
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private readonly sync = coalesced(async () => {
    if (this.stopped) return;
    const news = await this.asked(this.home.since(this.cursor));
    await this.events.since(news);
    this.cursor = Math.max(this.cursor, news.cursor);
    this.synced = Date.now();
  });

  private async renew(): Promise<void> {
    const { grant, relay } = await this.asked(this.home.renew());
    this.granted(grant, relay);
  }

  private granted(grant: string, relay: Started['relay']): void {
    this.grant = grant;
    this.grantedAt = Date.now();
    this.relay = relay;
    this.stale = false;
    this.events.renewed(grant);
  }

  private heard(answers: boolean): void {
    if (answers) this.failures = 0;
    if (answers === this.answers) return;
    this.answers = answers;
    this.events.answers(answers);
    if (!answers) this.later();
  }

  private later(): void {
    if (this.stopped || this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.syncSoon();
    }, Math.min(LONGEST_MS, RETRY_MS * 1.5 ** this.failures++) * (0.5 + Math.random() / 2));
  }
}
