/** A `MeetingAccess` for tests: keys come from one shared secret of the test, acknowledgements travel through the test itself. */
import { type CallId, type Dev, type JoinReply, type MeetingAccess, type Pid, Refusal } from '../../src/session/api.ts';
import { Store } from '../../src/meeting/store.ts';

/** What the test puts into the page before it loads. */
export interface Config {
  readonly me: { readonly pid: Pid; readonly dev: Dev };
  readonly names: Readonly<Record<string, string>>;
  /** The secret all keys of the test come from; another one than the others' makes a member with wrong keys. */
  readonly secret: string;
  readonly epoch: number;
  readonly withhold: boolean;
}

declare global {
  interface Window {
    readonly config: Config;
    /** Given by the test: a fresh join reply, and a way for acknowledgements to the other pages. */
    mint(): Promise<JoinReply>;
    sendAck(meeting: string, pid: string, dev: string, epoch: number): Promise<void>;
    gotAck?: (meeting: string, pid: string, dev: string, epoch: number) => void;
  }
}

export class TestAccess implements MeetingAccess {
  readonly me = window.config.me;
  readonly epoch = new Store(window.config.epoch);
  readonly members = new Store<ReadonlySet<Pid>>(new Set(Object.keys(window.config.names) as Pid[]));
  #withhold = window.config.withhold;
  refreshed = 0;

  join(): Promise<JoinReply> {
    return window.mint();
  }

  async base(epoch: number, day: number): Promise<CryptoKey> {
    if (this.#withhold) throw new Refusal('home_away');
    const bytes = new TextEncoder().encode(`${window.config.secret}/${String(epoch)}/${String(day)}`);
    return crypto.subtle.importKey('raw', await crypto.subtle.digest('SHA-256', bytes), 'HKDF', false, ['deriveBits']);
  }

  release(): void {
    this.#withhold = false;
  }

  ack(meeting: CallId, epoch: number): void {
    void window.sendAck(meeting, this.me.pid, this.me.dev, epoch);
  }

  onAck(listener: (meeting: CallId, pid: Pid, dev: Dev, epoch: number) => void): () => void {
    window.gotAck = (meeting, pid, dev, epoch) => {
      listener(meeting as CallId, pid as Pid, dev as Dev, epoch);
    };
    return () => {
      delete window.gotAck;
    };
  }

  refresh(): Promise<void> {
    this.refreshed += 1;
    return Promise.resolve();
  }

  name(pid: Pid): string | null {
    return window.config.names[pid] ?? null;
  }
}
