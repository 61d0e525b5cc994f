/**
 * Messages on their way: kept on this device before they are sent, sealed at the moment of sending, in order per room.
 *
 * The id is fixed when the message is written, so a repeat is the same message. The sequence number is relay's last word on
 * this device, checked by our own signature, plus one. A message that may not go is kept as a draft with the reason.
 */
import { codeOf, Refusal } from '../doors/refusal';
import { equal, sha256, textOf, utf8 } from '../wire/bytes';
import { pad } from '../wire/content';
import { newId, type MsgId, type Pid, type RoomId } from '../wire/ids';
import type { Sent, StreamError } from '../wire/types';
import type { Ground } from './ground';
import type { Opener } from './opener';
import type { Rooms } from './rooms';
import type { OutboxEntry } from './storage';

const ANSWER_MS = 15_000;
const RETRY_MS = 1_000;
/** After this many refusals of one message without a network failure between, it becomes a draft. */
const TRIES = 8;

export interface Waiting {
  readonly id: MsgId;
  readonly room: RoomId;
  /** ms since 1970 */
  readonly written: number;
  readonly text: string;
  readonly mentions: readonly Pid[];
  readonly reason: string | null;
  /** Position at relay once it is durable there and the envelope itself has not come back yet. */
  readonly pos: number | null;
}

interface Own {
  readonly seq: number;
  readonly msgId: MsgId | null;
}

interface Answered {
  readonly resolve: (sent: Sent) => void;
  readonly reject: (refusal: Refusal) => void;
}

interface Kept {
  readonly text: string;
  readonly mentions: readonly Pid[];
}

export class Outbox {
  private readonly queues = new Map<RoomId, Waiting[]>();
  private readonly entries = new Map<MsgId, OutboxEntry>();
  private readonly last = new Map<RoomId, Own>();
  private readonly answers = new Map<MsgId, Answered>();
  private readonly pumping = new Set<RoomId>();
  private order = 0;

  constructor(
    private readonly ground: Ground,
    private readonly rooms: Rooms,
    private readonly opener: Opener,
    private readonly changed: (room: RoomId) => void,
  ) {}

  /** Reads what this device kept. Also after another tab led. */
  async load(): Promise<void> {
    const kept = (await this.ground.storage.outbox()).sort((a, b) => a.order - b.order);
    this.queues.clear();
    this.entries.clear();
    this.last.clear();
    for (const entry of kept) {
      const plain = await this.ground.keys.unlock(entry.sealed);
      if (plain === null) continue;
      const { text, mentions } = JSON.parse(textOf(plain)) as Kept;
      this.entries.set(entry.id, entry);
      this.order = Math.max(this.order, entry.order + 1);
      this.queue(entry.room).push({ id: entry.id, room: entry.room, written: entry.written, text, mentions, reason: entry.reason, pos: null });
    }
    for (const room of this.queues.keys()) this.changed(room);
  }

  of(room: RoomId): readonly Waiting[] {
    return this.queues.get(room) ?? [];
  }

  /** Keeps the text durably and sends it as soon as it may go. */
  async add(room: RoomId, text: string, mentions: readonly Pid[]): Promise<MsgId> {
    if (pad({ v: 1, t: text, m: [...mentions] }) === null) throw new Refusal('too_long');
    const id = newId('m');
    const written = this.ground.now();
    const order = this.order++;
    const sealed = await this.ground.keys.lock(utf8(JSON.stringify({ text, mentions } satisfies Kept)));
    const entry: OutboxEntry = { id, room, order, written, sealed, reason: null };
    await this.ground.storage.putOutbox(entry);
    this.entries.set(id, entry);
    const queue = this.queue(room);
    queue.push({ id, room, written, text, mentions, reason: null, pos: null });
    this.changed(room);
    this.pump(room);
    return id;
  }

  async retry(id: MsgId): Promise<void> {
    const item = this.find(id);
    if (item?.reason == null) return;
    await this.setReason(item, null);
    this.pump(item.room);
  }

  async discard(id: MsgId): Promise<void> {
    const item = this.find(id);
    if (item?.reason == null) return;
    await this.drop(item);
  }

  /** The envelope itself has come back from relay: the message is shown from there. */
  arrived(room: RoomId, ids: ReadonlySet<MsgId>): void {
    for (const item of this.of(room)) if (ids.has(item.id) && item.pos !== null) this.forget(item);
  }

  /** Something changed in the room, or relay is there again. */
  pump(room: RoomId): void {
    if (this.pumping.has(room)) return;
    this.pumping.add(room);
    void this.run(room).finally(() => {
      this.pumping.delete(room);
    });
  }

  pumpAll(): void {
    for (const room of this.queues.keys()) this.pump(room);
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
      const item = this.of(room).find(({ reason, pos }) => reason === null && pos === null);
      if (item === undefined || this.ground.stream() === null) return;
      const may = this.rooms.sendable(room);
      if (may === 'wait') return;
      if (may !== 'yes') {
        await this.setReason(item, may);
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
        if (next === 'keep') await this.setReason(item, code);
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
        this.ground.stream()?.send('Ping', {});
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
    if (!equal(sent.hash, await sha256(env))) await this.checkStored(room, id, sent.pos);
    this.last.set(room, { seq, msgId: id });
    await this.ground.storage.dropOutbox(id);
    this.entries.delete(id);
    this.replace(item, { ...item, pos: sent.pos });
  }

  /** Relay stored other bytes than these: our own of an earlier try, or the message is not there. Throws `bad_envelope`. */
  private async checkStored(room: RoomId, id: MsgId, pos: number): Promise<void> {
    const page = await this.ground.stream()?.history({ room, before: null, after: pos - 1, limit: 1 });
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
      if (!this.ground.stream()?.send('Send', { env, objects: [] })) this.answers.get(id)?.reject(new Refusal('relay_away'));
    });
  }

  private async askLast(room: RoomId): Promise<Own> {
    const stream = this.ground.stream();
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

  private async setReason(item: Waiting, reason: string | null): Promise<void> {
    const entry = this.entries.get(item.id);
    if (entry !== undefined) {
      const kept = { ...entry, reason };
      this.entries.set(item.id, kept);
      await this.ground.storage.putOutbox(kept);
    }
    this.replace(item, { ...item, reason });
  }

  private async drop(item: Waiting): Promise<void> {
    this.entries.delete(item.id);
    await this.ground.storage.dropOutbox(item.id);
    this.forget(item);
  }

  private replace(item: Waiting, by: Waiting): void {
    this.queues.set(item.room, this.of(item.room).map((one) => (one.id === item.id ? by : one)));
    this.changed(item.room);
  }

  private forget(item: Waiting): void {
    this.queues.set(item.room, this.of(item.room).filter(({ id }) => id !== item.id));
    this.changed(item.room);
  }

  private queue(room: RoomId): Waiting[] {
    const found = this.queues.get(room) ?? [];
    this.queues.set(room, found);
    return found;
  }

  private find(id: MsgId): Waiting | undefined {
    return [...this.queues.values()].flat().find((item) => item.id === id);
  }
}

function pause(retryAfter: number | undefined, tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, (retryAfter ?? 0) * 1000 || RETRY_MS * Math.min(tries, 5)));
}
