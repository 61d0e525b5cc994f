/**
 * Messages with what was said of them since: edits, reactions, deletions, words on calls, replies. Pure.
 *
 * Everything may come in any order, more than once, and before the message that it is about. Who may do what is decided when the message
 * itself is known: an edit counts from its author, a deletion from its author or from who led the room in its epoch. Anything else,
 * and whatever is about no message that is here, changes nothing; relay may store and send what it likes.
 */
import { CALL, DELETION, EDIT, MESSAGE, REACTION, type EnvelopeHead } from '../wire/envelope';
import type { MsgId, Pid } from '../wire/ids';
import type { Content } from '../wire/types';
import type { Message, Opening } from './api';
import type { Result } from './opener';
import { Reactions } from './reactions';

const PEOPLE = 50;

export interface Facts {
  readonly me: Pid;
  /** Whether somebody was owner or moderator in an epoch, by the verified roster; `ask`: home knows. */
  leads(pid: Pid, epoch: number): 'yes' | 'no' | 'ask';
}

/** Something that was said, and where it stands. */
interface Said {
  readonly pos: number;
  readonly head: EnvelopeHead;
  readonly said: Content | null;
}

interface Base extends Said {
  readonly opening: Opening;
}

interface Reply {
  readonly pos: number;
  readonly pid: Pid;
  readonly at: number;
}

/** One message and all that is about it. */
export class Line {
  base: Base | null = null;
  deleted: 'author' | 'moderator' | null = null;
  /** What the screens see of it; made anew when `null`. */
  view: Message | null = null;
  /** The newest edit of everybody who tried; once the author is known, theirs alone. */
  readonly edits = new Map<Pid, Said>();
  readonly words: Said[] = [];
  deletions: Said[] = [];
  reactions: Reactions | null = null;
  replies: Replies | null = null;

  /** What it says now; `null`: nothing that can be shown. */
  get said(): Content | null {
    return this.edit?.said ?? this.base?.said ?? null;
  }

  get edit(): Said | null {
    return this.base?.head.kind === MESSAGE ? (this.edits.get(this.base.head.pid) ?? null) : null;
  }

  /** Nothing is known of it. */
  get empty(): boolean {
    return this.base === null && this.edits.size + this.words.length + this.deletions.length === 0 && this.reactions === null && this.replies === null;
  }
}

/** What was answered in a thread, deleted answers apart. */
export class Replies {
  private readonly all = new Map<MsgId, Reply>();
  private made: NonNullable<Message['replies']> | null = null;
  private top = 0;

  put(id: MsgId, reply: Reply): void {
    if (this.all.has(id)) return;
    this.all.set(id, reply);
    const made = this.made;
    const last = reply.pos > this.top;
    this.top = Math.max(this.top, reply.pos);
    if (made === null) return;
    const people = made.people.includes(reply.pid) || made.people.length >= PEOPLE ? made.people : [...made.people, reply.pid];
    this.made = last ? { count: made.count + 1, lastAt: Math.max(made.lastAt, reply.at), people } : null;
  }

  drop(id: MsgId): void {
    if (this.all.delete(id)) this.made = null;
  }

  view(): Message['replies'] {
    if (this.all.size === 0) return null;
    if (this.made === null) {
      const inOrder = [...this.all.values()].sort((a, b) => a.pos - b.pos);
      const people = [...new Set(inOrder.map(({ pid }) => pid))].slice(0, PEOPLE);
      this.made = { count: inOrder.length, lastAt: inOrder.reduce((most, { at }) => Math.max(most, at), 0), people };
    }
    return this.made;
  }
}

export class Fold {
  private readonly lines = new Map<MsgId, Line>();
  /** Where each envelope about another one stands: a second copy elsewhere is a replay. */
  private readonly about = new Map<MsgId, number>();
  /** Messages with deletions, or a mention of everybody, of which only home knows whether they count. */
  private readonly open = new Set<MsgId>();
  /** The same that do not count by the roster as it is known now; the one that says otherwise may be on its way. */
  private readonly denied = new Set<MsgId>();

  constructor(private readonly facts: Facts) {}

  get(id: MsgId): Line | undefined {
    return this.lines.get(id);
  }

  /** Whether the envelope has been taken. */
  has(id: MsgId): boolean {
    return this.about.has(id) || (this.lines.get(id)?.base ?? null) !== null;
  }

  /** Takes what was opened. What could not be is taken once more when that gets better. */
  put(pos: number, { head, opening, said }: Result): void {
    if (head === null || opening === 'cannot_open') return;
    if (isBase(head)) this.base({ pos, head, opening, said });
    else if (head.ref !== null && said !== null && this.isFirst(head.msgId, pos)) this.refers(head.ref, { pos, head, said });
  }

  /** The message itself is not shown any more; what is about it stays. */
  drop(id: MsgId): void {
    const line = this.lines.get(id);
    if (line === undefined) return;
    line.base = null;
    line.view = null;
    if (line.empty) this.lines.delete(id);
  }

  /** Whether home has to be asked who led the room before this device knew it. */
  get asks(): boolean {
    return this.open.size > 0;
  }

  /** Home has told, or there is a newer roster. */
  decide(): void {
    const ids = new Set([...this.open, ...this.denied]);
    this.open.clear();
    this.denied.clear();
    for (const id of ids) this.settle(id);
  }

  /** A mention of everybody counts if whoever wrote it may do that in a room of so many. */
  mayMentionAll(id: MsgId, pid: Pid, epoch: number, members: number, free: number): boolean {
    return members <= free || this.leads(id, pid, epoch);
  }

  /** Whether somebody led the room in an epoch; otherwise the message is looked at again when that may have changed. */
  private leads(id: MsgId, pid: Pid, epoch: number): boolean {
    const leads = this.facts.leads(pid, epoch);
    if (leads !== 'yes') (leads === 'ask' ? this.open : this.denied).add(id);
    return leads === 'yes';
  }

  /** All views are made anew, as when names change. */
  renamed(): void {
    for (const line of this.lines.values()) line.view = null;
  }

  private line(id: MsgId): Line {
    const line = this.lines.get(id) ?? new Line();
    this.lines.set(id, line);
    return line;
  }

  private isFirst(id: MsgId, pos: number): boolean {
    if (this.about.has(id)) return false;
    this.about.set(id, pos);
    return true;
  }

  private base(base: Base): void {
    const { msgId: id, thread, pid, sentAt } = base.head;
    const line = this.line(id);
    if (line.base !== null && line.base.pos !== base.pos) return;
    line.base = base;
    for (const one of line.edits.keys()) if (one !== pid) line.edits.delete(one);
    this.settle(id);
    if (thread !== null && line.deleted === null) {
      const root = this.line(thread);
      root.replies ??= new Replies();
      root.replies.put(id, { pos: base.pos, pid, at: sentAt * 1000 });
      root.view = null;
    }
  }

  private refers(id: MsgId, ref: Said & { readonly said: Content }): void {
    const line = this.line(id);
    const { kind, pid } = ref.head;
    if (kind === REACTION) {
      line.reactions ??= new Reactions();
      if (line.reactions.put(ref.said.e, pid, ref.pos, !ref.said.x)) line.view = null;
      return;
    }
    if (kind === EDIT) {
      const author = line.base?.head.pid ?? pid;
      if (author !== pid || (line.edits.get(pid)?.pos ?? 0) >= ref.pos) return;
      line.edits.set(pid, ref);
    } else (kind === DELETION ? line.deletions : line.words).push({ ...ref, said: kind === CALL ? ref.said : null });
    this.settle(id);
  }

  /** Decides what a message's deletions do; a deleted one's words are forgotten. */
  private settle(id: MsgId): void {
    const line = this.line(id);
    line.view = null;
    const { base } = line;
    if (base === null) return;
    if (base.head.kind === MESSAGE) line.deleted = this.deleted(id, base.head.pid, line.deletions);
    if (line.deleted === null) return;
    if (base.opening === 'opened') line.base = { ...base, said: null };
    line.edits.clear();
    const root = base.head.thread === null ? undefined : this.lines.get(base.head.thread);
    if (root === undefined) return;
    root.replies?.drop(id);
    root.view = null;
  }

  private deleted(id: MsgId, author: Pid, deletions: readonly Said[]): Line['deleted'] {
    for (const { head } of [...deletions].sort((a, b) => a.pos - b.pos)) {
      if (head.pid === author) return 'author';
      if (this.leads(id, head.pid, head.epoch)) return 'moderator';
    }
    return null;
  }
}

/** Whether it is a message or a ring, and not about another one; unknown kinds stand for themselves too. */
export function isBase({ kind, ref }: EnvelopeHead): boolean {
  return kind === MESSAGE || kind > CALL || kind < MESSAGE || (kind === CALL && ref === null);
}

/** How long a call rings, in ms. */
export const RINGS_MS = 60_000;

/** What became of a ring: who answers, or gives up, first decides; being declined counts if nobody answers. */
export function callOf(line: Line, me: Pid, direct: boolean, now: number): NonNullable<Message['call']>['state'] {
  if (line.base === null) return 'missed';
  const { head } = line.base;
  let declined = false;
  for (const { head: by, said } of [...line.words].sort((a, b) => a.pos - b.pos)) {
    const own = by.pid === head.pid;
    if (said?.c === 'answered' && !own) return 'answered';
    if (own && (said?.c === 'cancelled' || said?.c === 'missed')) return said.c;
    declined ||= said?.c === 'declined' && !own && (direct || by.pid === me);
  }
  if (declined) return 'declined';
  return now - head.sentAt * 1000 < RINGS_MS ? 'ringing' : 'missed';
}
