/**
 * Sends what waits in the outbox, one message a room at a time; only in the tab that leads.
 *
 * A message is sealed at the moment of sending. Its sequence number is relay's last word on this device, checked by our own
 * signature, plus one. A message that may not go is kept as a draft with the reason.
 */
import { codeOf, Refusal } from '../doors/refusal';
import type { RelayStream } from '../doors/stream';
import { equal, sha256, type Bytes } from '../wire/bytes';
import { parse, REACTION } from '../wire/envelope';
import type { Dev, MsgId, RoomId } from '../wire/ids';
import type { Sent, StreamError } from '../wire/types';
import type { Ground } from './ground';
import type { Opener } from './opener';
import type { Outbox, Waiting } from './outbox';
import { askPage } from './page';
import { plan } from './queue';
import type { Rooms } from './rooms';

const ANSWER_MS = 15_000;
const RETRY_MS = 1_000;
/** After this many refusals of one message without a network failure between, it becomes a draft. */
const TRIES = 8;
/** Among so many kept envelopes of a room its own last one is looked for. */
const LOOK_BACK = 60;

interface Own {
  readonly seq: number;
  readonly msgId: MsgId | null;
}

interface Answered {
  readonly resolve: (sent: Sent) => void;
  readonly reject: (refusal: Refusal) => void;
}

export class Sender {
  private readonly last = new Map<RoomId, Own>();
  /** The highest number that relay acknowledged, in any connection. */
  private readonly highest = new Map<RoomId, number>();
  private readonly answers = new Map<MsgId, Answered>();
  private readonly pumping = new Set<RoomId>();
  /** Rooms to look at once more when the present run ends. */
  private readonly again = new Set<RoomId>();

  constructor(
    private readonly ground: Pick<Ground, 'keys' | 'now' | 'storage' | 'dev'>,
    private readonly rooms: Rooms,
    private readonly opener: Opener,
    private readonly outbox: Outbox,
    /** The connection, if this tab leads and has one. */
    private readonly own: () => RelayStream | null,
  ) {}

  /** Something changed in the room, or relay is there again. */
  pump(room: RoomId): void {
    if (this.pumping.has(room)) {
      this.again.add(room);
      return;
    }
    this.pumping.add(room);
    void this.run(room).finally(() => {
      this.pumping.delete(room);
      if (this.again.delete(room)) this.pump(room);
    });
  }

  pumpAll(): void {
    for (const room of this.outbox.rooms()) this.pump(room);
  }

  sent(frame: Sent): void {
    this.answers.get(frame.msg_id)?.resolve(frame);
  }

  refused(frame: StreamError): void {
    if (frame.msg !== null) this.answers.get(frame.msg)?.reject(new Refusal(frame.code, frame.retry_after ?? undefined));
  }

  /** The connection is gone: no answer will come, and the sequence is asked for anew. */
  down(): void {
    this.last.clear();
    for (const { reject } of [...this.answers.values()]) reject(new Refusal('relay_away'));
  }

  private async run(room: RoomId): Promise<void> {
    let tries = 0;
    for (;;) {
      const item = this.outbox.next(room);
      if (item === undefined || this.own() === null) return;
      const may = this.rooms.sendable(room);
      if (may === 'wait') return;
      try {
        const doing = plan(item, this.outbox.of(room), (one) => this.outbox.tried(one) !== null);
        if (!(await this.outbox.carryOut(item, doing))) continue;
        if (may !== 'yes') throw new Refusal(may);
        await this.send(item);
        tries = 0;
      } catch (error) {
        const code = codeOf(error);
        if (code === 'relay_away') return;
        tries += 1;
        const next = tries > TRIES && code !== 'home_away' ? 'keep' : await this.mend(item, code);
        if (next === 'away') return;
        if (next === 'keep') await this.keep(item, code);
        else if (next === 'pause') await pause((error as Refusal).retryAfter, tries);
      }
    }
  }

  /** Nobody waits for an emoji that may not be put. */
  private keep(item: Waiting, code: string): Promise<void> {
    return item.kind === REACTION ? this.outbox.drop(item) : this.outbox.setReason(item, code);
  }

  /** Does what a refusal asks for. `keep`: the message cannot go and becomes a draft. */
  private async mend(item: Waiting, code: string): Promise<'now' | 'pause' | 'keep' | 'away'> {
    const { room } = item;
    switch (code) {
      case 'not_a_member':
        return this.tryAgain(item);
      case 'relay_log_differs':
        this.rooms.catchLying(room);
        return 'keep';
      case 'epoch_stale':
        return this.rooms.refresh([room]).then(() => 'now', () => 'pause');
      case 'seq_refused':
        this.last.delete(room);
        return 'now';
      case 'clock':
        this.own()?.send('Ping', {});
        return 'pause';
      case 'epoch_ahead': // relay has not applied that epoch yet
      case 'no_key':
      case 'home_away':
      case 'rate_limited':
      case 'store_failed':
        return 'pause';
      default:
        return 'keep';
    }
  }

  /**
   * Who is not a member any more may have been one when this went, with an acknowledgement that was lost. The same bytes go once more, so
   * that relay gets nothing that it has not had: it acknowledges what it has, and refuses the rest.
   */
  private async tryAgain(item: Waiting): Promise<'now' | 'keep' | 'away'> {
    const env = this.outbox.tried(item);
    if (env === null) return 'keep';
    try {
      const sent = await this.transmit(item.id, env, objectsOf(item));
      if (!equal(sent.hash, await sha256(env))) return 'keep';
      await this.outbox.delivered(item, sent.pos);
      return 'now';
    } catch (error) {
      return codeOf(error) === 'relay_away' ? 'away' : 'keep';
    }
  }

  private async send(item: Waiting): Promise<void> {
    const { room, id, kind, thread, ref, said } = item;
    const own = this.last.get(room) ?? (await this.askLast(room));
    // What relay has last is this very message: the acknowledgement was lost, so it goes again as it was.
    const seq = own.msgId === id ? own.seq : own.seq + 1;
    await this.needKey(room);
    const sentAt = Math.floor(this.ground.now() / 1000);
    const env = await this.ground.keys.seal({ room, msgId: id, seq, sentAt, kind, thread, ref, said });
    await this.outbox.tries(item, env);
    const before = this.rooms.position(room).pos;
    const sent = await this.transmit(id, env, objectsOf(item));
    // New messages stand above all that was there.
    if (sent.pos > before && equal(sent.hash, await sha256(env))) this.numbered(room, { seq, msgId: id });
    else {
      this.last.delete(room);
      await this.checkStored(room, id, sent.pos);
    }
    await this.outbox.delivered(item, sent.pos);
  }

  /** Relay stored other bytes than these: our own of an earlier try, or the message is not there. Throws `bad_envelope`. */
  private async checkStored(room: RoomId, id: MsgId, pos: number): Promise<void> {
    const stream = this.own();
    if (stream === null) throw new Refusal('relay_away');
    const page = await askPage(stream, { room, before: null, after: Math.max(0, pos - 1), limit: 1 });
    const env = page.pos[0] === pos ? page.env[0] : undefined;
    if (env === undefined || (await this.ground.keys.ownLast(room, env)).msgId !== id) throw new Refusal('bad_envelope');
  }

  private transmit(id: MsgId, env: Bytes, objects: string[]): Promise<Sent> {
    return new Promise<Sent>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Refusal('store_failed'));
      }, ANSWER_MS);
      const done = (): void => {
        clearTimeout(timer);
        this.answers.delete(id);
      };
      this.answers.set(id, {
        resolve: (sent) => { done(); resolve(sent); },
        reject: (refusal) => { done(); reject(refusal); },
      });
      if (!this.own()?.send('Send', { env, objects })) this.answers.get(id)?.reject(new Refusal('relay_away'));
    });
  }

  private async askLast(room: RoomId): Promise<Own> {
    const stream = this.own();
    if (stream === null) throw new Refusal('relay_away');
    const { env } = await stream.ask('Last', { room });
    const own = env === null ? { seq: 0, msgId: null } : await this.ground.keys.ownLast(room, env);
    // A lower number than relay has acknowledged, or shown here: the next message would bear one that is used already.
    if (own.seq < Math.max(this.highest.get(room) ?? 0, await this.seqKept(room))) throw new Refusal('relay_log_differs');
    this.numbered(room, own);
    return own;
  }

  private numbered(room: RoomId, own: Own): void {
    this.last.set(room, own);
    this.highest.set(room, own.seq);
  }

  /** The number of this device's newest message among those that it has kept; 0: none. */
  private async seqKept(room: RoomId): Promise<number> {
    const { keys, storage, dev } = this.ground;
    for (const { env } of (await storage.envelopes(room, Infinity, LOOK_BACK)).reverse()) {
      if (devOf(env) !== dev) continue;
      const own = await keys.ownLast(room, env).catch(() => null);
      if (own !== null) return own.seq;
    }
    return 0;
  }

  private async needKey(room: RoomId): Promise<void> {
    const epoch = this.rooms.state(room)?.epoch ?? 0;
    if (!(await this.ground.keys.holds(room, epoch))) await this.opener.keys(room, [epoch]);
  }
}

function pause(retryAfter: number | undefined, tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, (retryAfter ?? 0) * 1000 || RETRY_MS * Math.min(tries, 5)));
}

/** The files that relay gives to who is in the room, with the message. */
function objectsOf({ said }: Waiting): string[] {
  return [...new Set(said.o?.map(({ b }) => b))];
}

function devOf(env: Bytes): Dev | null {
  try {
    return parse(env).dev;
  } catch {
    return null;
  }
}
