/**
 * Messages on their way, in every tab of the device: kept on this device before they are sent, in order per room.
 *
 * The tab that wrote a message keeps it and offers it to the others; the one that leads sends it (`sender.ts`) and tells what became
 * of it. Who wrote it offers it again to every new leader until then, so that it is lost only if all tabs end and nothing
 * is kept on disk (a shared computer). A repeat is the same message, since its id is fixed when it is written.
 */
import { Refusal } from '../doors/refusal';
import { textOf, utf8, type Bytes } from '../wire/bytes';
import { pad, type Said } from '../wire/content';
import { MESSAGE } from '../wire/envelope';
import { newId, type MsgId, type RoomId } from '../wire/ids';
import type { Ground } from './ground';
import type { Plan } from './queue';
import { saidOfText, textOfSaid } from './said';
import type { OutboxEntry } from './storage';
import type { Note } from './tabs/messages';

export interface Waiting {
  readonly id: MsgId;
  readonly room: RoomId;
  /** Place in the queue; equal ones of two tabs go by id. */
  readonly order: number;
  /** ms since 1970 */
  readonly written: number;
  readonly kind: number;
  /** The root of the thread that it is in. */
  readonly thread: MsgId | null;
  /** The message that it is about. */
  readonly ref: MsgId | null;
  readonly said: Said;
  readonly reason: string | null;
  /** Position at relay once it is durable there and the envelope itself has not come back yet. */
  readonly pos: number | null;
}

/** What is to be said, and about what. */
export type ToSay = Pick<Waiting, 'kind' | 'thread' | 'ref' | 'said'>;

/** The other tabs. */
interface Tabs {
  readonly leads: boolean;
  offer(entries: readonly OutboxEntry[]): void;
  note(note: Note): void;
  wish(wish: 'retry' | 'discard', id: MsgId): void;
}

export interface OutboxEvents {
  /** What the room shows of its outbox. */
  changed(room: RoomId): void;
  /** There is something to send. */
  due(room: RoomId): void;
}

export class Outbox {
  private readonly queues = new Map<RoomId, Waiting[]>();
  private readonly entries = new Map<MsgId, OutboxEntry>();
  /** Written in this tab, and not acknowledged. */
  private readonly own = new Set<MsgId>();
  /** What other tabs say is taken one after the other. */
  private turns: Promise<unknown> = Promise.resolve();
  private order = 0;

  constructor(
    private readonly ground: Pick<Ground, 'keys' | 'storage' | 'now'>,
    private readonly tabs: () => Tabs,
    private readonly events: OutboxEvents,
  ) {}

  /** Reads what this device kept. */
  load(): Promise<void> {
    return this.turn(async () => {
      const kept = await this.ground.storage.outbox();
      for (const entry of kept) {
        const item = this.find(entry.id);
        if (item === undefined) await this.insert(entry);
        else if (item.pos === null && !(await this.renew(item, entry))) {
          this.entries.set(item.id, entry);
          if (item.reason !== entry.reason) this.retell(item, entry.reason);
        }
      }
    });
  }

  of(room: RoomId): readonly Waiting[] {
    return this.queues.get(room) ?? [];
  }

  rooms(): RoomId[] {
    return [...this.queues.keys()];
  }

  /** The next one to be sent. */
  next(room: RoomId): Waiting | undefined {
    return this.of(room).find(({ reason, pos }) => reason === null && pos === null);
  }

  /** Keeps it durably; it goes as soon as it may. */
  async add(room: RoomId, say: ToSay): Promise<MsgId> {
    if (pad(say.said) === null) throw new Refusal('too_long');
    const id = newId('m');
    const written = this.ground.now();
    const order = this.order++;
    const entry: OutboxEntry = { id, room, order, written, sealed: await this.sealed(say), reason: null };
    await this.ground.storage.putOutbox(entry);
    this.own.add(id);
    this.put(entry, say);
    this.tabs().offer([entry]);
    if (this.tabs().leads) this.events.due(room);
    return id;
  }

  /** `id`: a draft, or a message that something refused is about. */
  async retry(id: MsgId): Promise<void> {
    for (const item of this.refused(id)) {
      if (this.tabs().leads) {
        await this.setReason(item, null);
        this.events.due(item.room);
      } else this.tabs().wish('retry', item.id);
    }
  }

  /** As `retry`. */
  async discard(id: MsgId): Promise<void> {
    for (const item of this.refused(id)) {
      if (this.tabs().leads) await this.drop(item);
      else this.tabs().wish('discard', item.id);
    }
  }

  private refused(id: MsgId): Waiting[] {
    return [...this.queues.values()].flat().filter((item) => (item.id === id || item.ref === id) && item.reason !== null);
  }

  /**
   * The room's envelopes from `bottom` to `top` are here, those that `has` knows among them: such a message is shown from there. One that
   * relay acknowledged between them and that is not there was not stored: it is a draft again.
   */
  arrived(room: RoomId, has: (id: MsgId) => boolean, bottom: number, top: number): void {
    for (const item of this.of(room)) {
      if (item.pos === null) continue;
      if (has(item.id) || item.pos < bottom) this.forget(item);
      else if (item.pos <= top) this.turn(() => this.lost(item)).catch(() => undefined);
    }
  }

  private async lost(item: Waiting): Promise<void> {
    if (this.find(item.id)?.pos === item.pos) await this.rewrite({ ...item, reason: 'bad_envelope', pos: null });
  }

  /** Keeps an item as it is now, and tells the other tabs. */
  private async rewrite(item: Waiting): Promise<void> {
    const { id, room, order, written, reason } = item;
    const edition = editionOf(this.entries.get(id)) + 1;
    const entry: OutboxEntry = { id, room, order, written, sealed: await this.sealed(item), reason, edition };
    await this.ground.storage.putOutbox(entry);
    this.entries.set(id, entry);
    this.replace(item);
    this.tabs().offer([entry]);
  }

  private sealed({ kind, thread, ref, said }: ToSay): Promise<Bytes> {
    return this.ground.keys.lock(utf8(JSON.stringify({ kind, thread, ref, said: textOfSaid(said) })));
  }

  // ---- what becomes of them; only the tab that leads decides

  /** Does what `plan` found before `item` goes; whether it still goes. */
  async carryOut(item: Waiting, { drop, change }: Plan): Promise<boolean> {
    if (change !== null) await this.rewrite({ ...change.item, said: change.said });
    for (const one of drop) await this.drop(one);
    return change === null && !drop.includes(item);
  }

  /** It does not go, and nobody needs to hear of it. */
  async drop(item: Waiting): Promise<void> {
    this.tell(item, { gone: true });
    await this.ground.storage.dropOutbox(item.id);
    this.forget(item);
  }

  /** It may not go, and is kept with the reason; `null`: it waits again. */
  async setReason(item: Waiting, reason: string | null): Promise<void> {
    await this.ground.storage.reasonOutbox(item.id, reason);
    this.retell(item, reason);
    this.tell(item, { reason });
  }

  /** It is about to be sent as `env`. */
  async tries({ id }: Waiting, env: Bytes): Promise<void> {
    const entry = this.entries.get(id);
    if (entry !== undefined) this.entries.set(id, { ...entry, tried: env });
    await this.ground.storage.triedOutbox(id, env);
  }

  /** What was sent of it and not acknowledged. */
  tried({ id }: Waiting): Bytes | null {
    return this.entries.get(id)?.tried ?? null;
  }

  /** It is durable at relay. */
  async delivered(item: Waiting, pos: number): Promise<void> {
    await this.ground.storage.dropOutbox(item.id);
    this.acknowledge(item, pos);
    this.tell(item, { pos });
  }

  // ---- between tabs

  /** What waits, for a tab that comes anew. */
  waiting(): OutboxEntry[] {
    return [...this.entries.values()];
  }

  /** To a new leader: what was written here. */
  offerAgain(): void {
    this.tabs().offer([...this.own].flatMap((id) => this.entries.get(id) ?? []).filter(({ reason }) => reason === null));
  }

  offered(entries: readonly OutboxEntry[]): void {
    void this.turn(async () => {
      for (const entry of entries) {
        const known = this.find(entry.id);
        if (known === undefined) await this.insert(entry);
        else await this.renew(known, entry);
        if (this.tabs().leads) this.events.due(entry.room);
      }
    });
  }

  noted({ id, reason, pos, gone }: Note): void {
    void this.turn(async () => {
      const item = this.find(id);
      if (item === undefined) return;
      if (gone || pos !== null) await this.ground.storage.dropOutbox(id);
      if (gone) this.forget(item);
      else if (pos !== null) this.acknowledge(item, pos);
      else this.retell(item, reason);
    });
  }

  wished(wish: 'retry' | 'discard', id: MsgId): void {
    void this.turn(() => this[wish](id));
  }

  private tell({ id, room }: Waiting, news: Partial<Note>): void {
    this.tabs().note({ id, room, reason: null, pos: null, gone: false, ...news });
  }

  private turn(work: () => Promise<void>): Promise<void> {
    const next = this.turns.then(work);
    this.turns = next.catch(() => undefined);
    return next;
  }

  /** Takes an entry of this device, unless another device of this profile sealed it. */
  private async insert(entry: OutboxEntry): Promise<void> {
    const plain = await this.ground.keys.unlock(entry.sealed);
    if (plain !== null) this.put(entry, toSayOf(textOf(plain)));
  }

  /** Another tab changed what it says, or saw that relay has not stored it. */
  private async renew(known: Waiting, entry: OutboxEntry): Promise<boolean> {
    if (editionOf(entry) <= editionOf(this.entries.get(known.id))) return false;
    const plain = await this.ground.keys.unlock(entry.sealed);
    if (plain === null || this.find(known.id) !== known) return false;
    this.entries.set(entry.id, entry);
    this.replace({ ...known, ...toSayOf(textOf(plain)), reason: entry.reason, pos: null });
    return true;
  }

  private put(entry: OutboxEntry, say: ToSay): void {
    const { id, room, order, written, reason } = entry;
    // It may come at the same time from here, from disk and from another tab.
    if (this.find(id) !== undefined) return;
    this.entries.set(id, entry);
    this.order = Math.max(this.order, order + 1);
    const { kind, thread, ref, said } = say;
    const queue = [...this.of(room), { id, room, order, written, kind, thread, ref, said, reason, pos: null }];
    this.queues.set(room, queue.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1)));
    this.events.changed(room);
  }

  private retell(item: Waiting, reason: string | null): void {
    const entry = this.entries.get(item.id);
    if (entry !== undefined) this.entries.set(item.id, { ...entry, reason });
    this.replace({ ...item, reason });
  }

  private acknowledge(item: Waiting, pos: number): void {
    this.entries.delete(item.id);
    this.own.delete(item.id);
    this.replace({ ...item, pos });
  }

  private replace(by: Waiting): void {
    this.queues.set(by.room, this.of(by.room).map((one) => (one.id === by.id ? by : one)));
    this.events.changed(by.room);
  }

  private forget({ id, room }: Waiting): void {
    this.entries.delete(id);
    this.own.delete(id);
    this.queues.set(room, this.of(room).filter((one) => one.id !== id));
    this.events.changed(room);
  }

  private find(id: MsgId): Waiting | undefined {
    return [...this.queues.values()].flat().find((item) => item.id === id);
  }
}

function editionOf(entry: OutboxEntry | undefined): number {
  return entry?.edition ?? 0;
}

/** What an entry holds; before there were other kinds it was the text of a message alone. */
function toSayOf(kept: string): ToSay {
  const found = JSON.parse(kept) as { text: string; mentions: Said['m'] } | (Omit<ToSay, 'said'> & { said: string });
  if ('text' in found) return { kind: MESSAGE, thread: null, ref: null, said: { t: found.text, m: found.mentions ?? [] } };
  return { ...found, said: saidOfText(found.said) };
}
