/**
 * The way to relay of a tab that does not lead: its requests go through the leading tab, whose connection's news come here too.
 *
 * Every tick asks whether the leader is still there. A tab that answers nothing for a few of them is frozen or hangs, and another
 * may take the lead from it. Ticks are counted, not time: who slept itself does not hold that against the leader.
 */
import { Refusal } from '../../doors/refusal';
import type { Answer as OneAnswer, Questions, RelayStream } from '../../doors/stream';
import type { ClientFrames, Welcome } from '../../wire/types';
import type { Answer, Asked, Passed, TabId, TabMessage, TabWord, Told, ToldKind } from './messages';

const TICK_MS = 200;
/** Ticks without an answer until the leader counts as gone. */
const MISSES = 3;
const ANSWER_MS = 15_000;

/** What the parts of a session use of a connection to relay, their own or another tab's. */
export type Way = Pick<RelayStream, 'ask'> & {
  /** Whether it went. */
  send<K extends ToldKind>(kind: K, body: ClientFrames[K]): boolean;
};

export interface FollowingEvents {
  say(word: TabWord): void;
  /** There is a leader: what this tab has for it goes now. */
  found(): void;
  up(welcome: Welcome): void;
  frame(frame: Passed): void;
  /** The leader has no connection. `replaced`: another browser has it. */
  down(replaced: boolean): void;
  /** Nobody answers. */
  silent(): void;
}

interface Waiting {
  readonly resolve: (answer: OneAnswer) => void;
  readonly reject: (refusal: Refusal) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Following {
  /** The way through the leader, while that one is connected. */
  way: Way | null = null;
  /** The latest leader's term. */
  term = 0;
  leader: TabId | null = null;
  private misses = 0;
  private heard = false;
  private timer: ReturnType<typeof setInterval> | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private nextRe = 1;

  constructor(
    private readonly me: TabId,
    private readonly events: FollowingEvents,
  ) {}

  start(): void {
    if (this.timer !== null) return;
    this.leader = null;
    this.misses = 0;
    this.timer = setInterval(() => {
      this.tick();
    }, TICK_MS);
    this.events.say({ k: 'ping', term: 0 });
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.leader = null;
    this.lose();
  }

  receive(message: TabMessage): void {
    if (message.k === 'lead') {
      if (message.term < this.term || (message.to !== null && message.to !== this.me)) return;
      this.term = message.term;
      if (this.timer === null) return;
      const news = message.from !== this.leader;
      this.leader = message.from;
      this.heard = true;
      this.follow(message);
      if (news) this.events.found();
      return;
    }
    if (this.timer === null || message.from !== this.leader) return;
    this.heard = true;
    if (message.k === 'frame' && this.way !== null) this.events.frame(message.frame);
    else if (message.k === 'answer' && message.to === this.me) this.answered(message.re, message.answer);
  }

  private follow({ welcome, replaced }: Extract<TabMessage, { k: 'lead' }>): void {
    this.lose();
    if (welcome === null) {
      this.events.down(replaced);
      return;
    }
    this.way = this.newWay();
    this.events.up(welcome);
  }

  private newWay(): Way {
    const way: Way = {
      ask: <K extends keyof Questions>(kind: K, body: unknown) => this.ask(way, { kind, body } as Asked) as Promise<Questions[K]>,
      send: (kind, body) => {
        if (this.way !== way || this.leader === null) return false;
        this.events.say({ k: 'tell', to: this.leader, tell: { kind, body } as Told });
        return true;
      },
    };
    return way;
  }

  private ask(way: Way, ask: Asked): Promise<OneAnswer> {
    const { leader } = this;
    if (this.way !== way || leader === null) return Promise.reject(new Refusal('relay_away'));
    return new Promise((resolve, reject) => {
      const re = this.nextRe++;
      const timer = setTimeout(() => {
        this.settle(re, new Refusal('relay_away'));
      }, ANSWER_MS);
      this.waiting.set(re, { resolve, reject, timer });
      this.events.say({ k: 'ask', to: leader, re, ask });
    });
  }

  private answered(re: number, answer: Answer): void {
    if ('page' in answer) this.settle(re, answer.page);
    else if ('last' in answer) this.settle(re, answer.last);
    else if ('reads' in answer) this.settle(re, answer.reads);
    else this.settle(re, new Refusal(answer.code, answer.retryAfter ?? undefined));
  }

  private settle(re: number, outcome: OneAnswer | Refusal): void {
    const found = this.waiting.get(re);
    if (found === undefined) return;
    this.waiting.delete(re);
    clearTimeout(found.timer);
    if (outcome instanceof Refusal) found.reject(outcome);
    else found.resolve(outcome);
  }

  /** The way so far leads nowhere. */
  private lose(): void {
    this.way = null;
    for (const re of [...this.waiting.keys()]) this.settle(re, new Refusal('relay_away'));
  }

  private tick(): void {
    this.misses = this.heard ? 0 : this.misses + 1;
    this.heard = false;
    this.events.say({ k: 'ping', term: this.leader === null ? 0 : this.term });
    if (this.misses < MISSES) return;
    this.misses = 0;
    this.events.silent();
  }
}
