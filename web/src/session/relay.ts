/**
 * The way to relay, shared by the tabs of one device: one of them *leads* (it holds the device's Web Lock, the connection, and
 * sends what waits), the others go through it. When it ends, hangs or is frozen another one takes over within a second.
 *
 * The lock alone says who leads. `term` orders what tabs say of that: a leader who hears of a later one while it holds the lock
 * says again that it leads. Whoever lost the lock has lost its connection too: relay keeps one a device.
 */
import { codeOf, Refusal } from '../doors/refusal';
import type { RelayStream } from '../doors/stream';
import { b64, random, type Bytes } from '../wire/bytes';
import type { Frame } from '../wire/frames';
import type { Dev, MsgId, Pid } from '../wire/ids';
import type { Welcome } from '../wire/types';
import { Lead } from './lead';
import { Link } from './link';
import type { Shown } from './presence';
import type { OutboxEntry } from './storage';
import { Following, type Way } from './tabs/following';
import { messageOf, passed, type Answer, type Asked, type Note, type TabId, type TabMessage, type TabWord, type Told } from './tabs/messages';
import { Screens } from './tabs/screens';
import { Word } from './tabs/word';

/** A change of the leader is nothing that a person needs to hear of, unless it lasts longer than this. */
const CHANGE_MS = 1_500;

export interface RelayEvents {
  /** Address and grant for the next connection; a refusal means: wait and ask again. */
  door(): Promise<{ readonly url: string; readonly grant: string }>;
  hello(grant: string, nonce: Bytes): Promise<Bytes>;
  /** Relay's word on everything, when a connection (of whichever tab) begins. */
  up(welcome: Welcome): void;
  frame(frame: Frame): void;
  /** `again`: whether to come back. */
  down(code: string | null): { readonly again: boolean };
  /** This tab comes to lead, or does not any more. Nothing is sent before this is done. */
  leads(leads: boolean): Promise<void>;
  /** Whether there is a connection, and through whom, has changed. */
  changed(): void;
  /** Another tab ended this device here. */
  over(how: 'signed_out' | 'revoked'): void;
  readonly outbox: {
    /** What waits here, for who comes anew. */
    waiting(): readonly OutboxEntry[];
    /** There is a leader: it gets what this tab wrote and nobody has acknowledged. */
    offerAgain(): void;
    offered(entries: readonly OutboxEntry[]): void;
    noted(note: Note): void;
    wished(wish: 'retry' | 'discard', id: MsgId): void;
  };
}

export class Relay {
  /** Another browser with this device's keys is connected in place of this one. */
  replaced = false;
  private readonly me = b64(random(12));
  private readonly link: Link;
  private readonly lead: Lead;
  private readonly following: Following;
  private readonly channel: BroadcastChannel;
  private role: 'none' | 'leads' | 'follows' = 'none';
  private term = 0;
  private word: Word | null = null;
  private readonly screens = new Screens();
  private ended = false;
  private changing: ReturnType<typeof setTimeout> | null = null;

  constructor(
    pid: Pid,
    dev: Dev,
    private readonly events: RelayEvents,
  ) {
    this.link = new Link({
      door: () => this.events.door(),
      hello: (grant, nonce) => this.events.hello(grant, nonce),
      up: (welcome) => {
        this.word = new Word(welcome, pid);
        this.screens.clear();
        this.replaced = false;
        this.announce(null);
        this.up(welcome);
      },
      frame: (frame) => {
        this.word?.take(frame);
        if (frame.kind === 'PresenceIs') this.screens.take(frame.body);
        if (passed(frame)) this.say({ k: 'frame', frame });
        this.events.frame(frame);
      },
      down: (code) => {
        this.word = null;
        this.replaced = code === 'replaced';
        this.announce(null);
        return this.events.down(code);
      },
    });
    this.lead = new Lead(`samrum.lead.${pid}.${dev}`, (leads) => void this.led(leads));
    this.following = new Following(this.me, {
      say: (word) => {
        this.say(word);
      },
      found: () => {
        this.events.outbox.offerAgain();
      },
      up: (welcome) => {
        this.replaced = false;
        this.up(welcome);
      },
      frame: (frame) => {
        this.events.frame(frame);
      },
      down: (replaced) => {
        this.replaced = replaced;
        this.events.down(null);
      },
      silent: () => {
        this.lead.take();
      },
    });
    this.channel = new BroadcastChannel(`samrum.${pid}.${dev}`);
    this.channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = messageOf(data);
      if (message !== null && !this.ended) this.receive(message);
    };
  }

  /** Begins to lead or to follow. */
  start(): Promise<void> {
    return this.lead.start();
  }

  get leads(): boolean {
    return this.role === 'leads';
  }

  /** The connection, if this tab leads and has one. */
  get own(): RelayStream | null {
    return this.leads ? this.link.open : null;
  }

  /** The way to relay, through whichever tab. The same object for as long as nothing was missed. */
  get way(): Way | null {
    return this.leads ? this.own : this.following.way;
  }

  /** Another tab is taking over just now. */
  get settling(): boolean {
    return this.changing !== null;
  }

  /** Takes the lead, and the device's connection, wherever it is. */
  take(): void {
    if (!this.leads) this.lead.take();
    else if (this.replaced) {
      this.link.stop();
      this.replaced = false;
      this.link.start();
    }
  }

  /** Whom this tab shows. */
  show(shown: Shown): void {
    if (this.leads) this.own?.send('Presence', this.screens.set(this.me, shown));
    else this.following.way?.send('Presence', shown);
  }

  offer(entries: readonly OutboxEntry[]): void {
    if (entries.length > 0) this.say({ k: 'offer', entries });
  }

  note(note: Note): void {
    this.say({ k: 'note', note });
  }

  wish(wish: 'retry' | 'discard', id: MsgId): void {
    if (this.following.leader !== null) this.say({ k: 'wish', to: this.following.leader, wish, id });
  }

  /** Ends the device's other tabs. */
  endAll(how: 'signed_out' | 'revoked'): void {
    this.say({ k: 'over', how });
  }

  stop(): void {
    this.ended = true;
    this.settled();
    this.following.stop();
    this.link.stop();
    this.lead.end();
    this.channel.close();
  }

  private up(welcome: Welcome): void {
    this.settled();
    this.events.up(welcome);
  }

  private async led(leads: boolean): Promise<void> {
    if (this.ended) return;
    const before = this.role;
    this.role = leads ? 'leads' : 'follows';
    this.replaced = false;
    if (before !== 'none') this.settle();
    if (!leads) {
      this.link.stop();
      this.word = null;
      this.events.down(null);
      void this.events.leads(false);
      this.following.start();
      return;
    }
    this.following.stop();
    this.events.down(null);
    this.term = Math.max(Date.now(), this.following.term + 1);
    await this.events.leads(true);
    if (!this.leads || this.stopped()) return;
    this.announce(null);
    this.link.start();
  }

  private stopped(): boolean {
    return this.ended;
  }

  /** For a moment nobody is told that the connection is away: it comes back. */
  private settle(): void {
    this.settled();
    this.changing = setTimeout(() => {
      this.changing = null;
      this.events.changed();
    }, CHANGE_MS);
  }

  private settled(): void {
    if (this.changing !== null) clearTimeout(this.changing);
    this.changing = null;
  }

  private say(word: TabWord): void {
    if (!this.ended) this.channel.postMessage({ ...word, from: this.me } satisfies TabMessage);
  }

  private announce(to: TabId | null): void {
    if (!this.leads) return;
    const welcome = this.word?.welcome() ?? null;
    this.say({ k: 'lead', to, term: this.term, replaced: this.replaced, welcome, waiting: this.events.outbox.waiting() });
  }

  private receive(message: TabMessage): void {
    switch (message.k) {
      case 'over':
        this.events.over(message.how);
        return;
      case 'offer':
        this.events.outbox.offered(message.entries);
        return;
      case 'note':
        if (!this.leads && message.from === this.following.leader) this.events.outbox.noted(message.note);
        return;
      case 'lead':
        if (!this.leads) this.events.outbox.offered(message.waiting);
        else if (message.term >= this.term) {
          // Either it is about to learn that it lost the lock, or we are.
          this.term = message.term + 1;
          this.announce(null);
        }
        break;
      default:
        if (this.leads) this.serve(message);
    }
    this.following.receive(message);
  }

  /** What a following tab wants of this one, which leads. */
  private serve(message: TabMessage): void {
    if (message.k === 'ping') {
      // A tab in the background gets its timers late: whoever looks at another one reminds it.
      this.link.due();
      this.screens.heard(message.from);
      if (message.term === this.term) this.say({ k: 'pong', to: message.from });
      else this.announce(message.from);
    } else if ('to' in message && message.to === this.me) {
      if (message.k === 'ask') void this.answer(message.from, message.re, message.ask);
      else if (message.k === 'tell') this.tell(message.from, message.tell);
      else if (message.k === 'wish') this.events.outbox.wished(message.wish, message.id);
    }
  }

  private tell(from: TabId, { kind, body }: Told): void {
    if (kind !== 'Presence') this.own?.send(kind, body);
    else {
      this.own?.send('Presence', this.screens.set(from, body));
      this.say({ k: 'frame', frame: { kind: 'PresenceIs', body: this.screens.known() } });
    }
  }

  private async answer(to: string, re: number, ask: Asked): Promise<void> {
    let answer: Answer;
    try {
      if (this.own === null) throw new Refusal('relay_away');
      const body = await this.own.ask(ask.kind, ask.body);
      answer = 'of' in body ? { reads: body } : 'pos' in body ? { page: body } : { last: body };
    } catch (error) {
      answer = { code: codeOf(error), retryAfter: (error instanceof Refusal ? error.retryAfter : null) ?? null };
    }
    this.say({ k: 'answer', to, re, answer });
  }
}
