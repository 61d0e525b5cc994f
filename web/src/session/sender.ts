/**
 * Sends what waits in the outbox, one message a room at a time; only in the tab that leads.
 *
 * A message is sealed at the moment of sending. Its sequence number is relay's last word on this device, checked by our own
 * signature, plus one. A message that may not go is kept as a draft with the reason.
 */
import { codeOf, Refusal } from '../doors/refusal';
import type { RelayStream } from '../doors/stream';
import { equal, sha256 } from '../wire/bytes';
import type { MsgId, RoomId } from '../wire/ids';
import type { Sent, StreamError } from '../wire/types';
import type { Ground } from './ground';
import type { Opener } from './opener';
import type { Outbox, Waiting } from './outbox';
import type { Rooms } from './rooms';

const ANSWER_MS = 15_000;
const RETRY_MS = 1_000;
/** After this many refusals of one message without a network failure between, it becomes a draft. */
const TRIES = 8;

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
  private readonly answers = new Map<MsgId, Answered>();
  private readonly pumping = new Set<RoomId>();
  /** Rooms to look at once more when the present run ends. */
  private readonly again = new Set<RoomId>();

  constructor(
    private readonly ground: Pick<Ground, 'keys' | 'now'>,
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
      if (may !== 'yes') {
        await this.outbox.setReason(item, may);
        continue;
      }
      try {
        await this.send(item);
        tries = 0;
      } catch (error) {
        const code = codeOf(error);
        if (code === 'relay_away') return;
        tries += 1;
        const next = tries > TRIES && code !== 'home_away' ? 'keep' : await this.mend(room, code);
        if (next === 'keep') await this.outbox.setReason(item, code);
        else if (next === 'pause') await pause((error as Refusal).retryAfter, tries);
      }
    }
  }

  /** Does what a refusal asks for. `keep`: the message cannot go and becomes a draft. */
  private async mend(room: RoomId, code: string): Promise<'now' | 'pause' | 'keep'> {
    switch (code) {
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

  private async send(item: Waiting): Promise<void> {
    const { room, id } = item;
    const own = this.last.get(room) ?? (await this.askLast(room));
    // What relay has last is this very message: the acknowledgement was lost, so it goes again as it was.
    const seq = own.msgId === id ? own.seq : own.seq + 1;
    await this.needKey(room);
    const sentAt = Math.floor(this.ground.now() / 1000);
    const env = await this.ground.keys.seal({ room, msgId: id, seq, sentAt, text: item.text, mentions: item.mentions });
    const sent = await this.transmit(id, env);
    if (equal(sent.hash, await sha256(env))) this.last.set(room, { seq, msgId: id });
    else {
      this.last.delete(room);
      await this.checkStored(room, id, sent.pos);
    }
    await this.outbox.delivered(item, sent.pos);
  }

  /** Relay stored other bytes than these: our own of an earlier try, or the message is not there. Throws `bad_envelope`. */
  private async checkStored(room: RoomId, id: MsgId, pos: number): Promise<void> {
    const page = await this.own()?.history({ room, before: null, after: pos - 1, limit: 1 });
    if (page === undefined) throw new Refusal('relay_away');
    const env = page.pos[0] === pos ? page.env[0] : undefined;
    if (env === undefined || (await this.ground.keys.ownLast(room, env)).msgId !== id) throw new Refusal('bad_envelope');
  }

  private transmit(id: MsgId, env: Uint8Array<ArrayBuffer>): Promise<Sent> {
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
      if (!this.own()?.send('Send', { env, objects: [] })) this.answers.get(id)?.reject(new Refusal('relay_away'));
    });
  }

  private async askLast(room: RoomId): Promise<Own> {
    const stream = this.own();
    if (stream === null) throw new Refusal('relay_away');
    const { env } = await stream.last({ room });
    const own = env === null ? { seq: 0, msgId: null } : await this.ground.keys.ownLast(room, env);
    this.last.set(room, own);
    return own;
  }

  private async needKey(room: RoomId): Promise<void> {
    const epoch = this.rooms.state(room)?.epoch ?? 0;
    if (!(await this.ground.keys.holds(room, epoch))) await this.opener.keys(room, [epoch]);
  }
}

function pause(retryAfter: number | undefined, tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, (retryAfter ?? 0) * 1000 || RETRY_MS * Math.min(tries, 5)));
}
