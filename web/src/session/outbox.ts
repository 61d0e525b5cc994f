/**
 * Messages on their way, in every tab of the device: kept on this device before they are sent, in order per room.
 *
 * The tab that wrote a message keeps it and offers it to the others; the one that leads sends it (`sender.ts`) and tells what became
 * of it. Who wrote it offers it again to every new leader until then, so that it is lost only if all tabs end and nothing
 * is kept on disk (a shared computer). A repeat is the same message, since its id is fixed when it is written.
 */
import { Refusal } from '../doors/refusal';
import { textOf, utf8, type Bytes } from '../wire/bytes';
import { pad } from '../wire/content';
import { newId, type MsgId, type Pid, type RoomId } from '../wire/ids';
import type { Ground } from './ground';
import type { OutboxEntry } from './storage';
import type { Note } from './tabs/messages';

export interface Waiting {
  readonly id: MsgId;
  readonly room: RoomId;
  /** Place in the queue; equal ones of two tabs go by id. */
  readonly order: number;
  /** ms since 1970 */
  readonly written: number;
  readonly text: string;
  readonly mentions: readonly Pid[];
  readonly reason: string | null;
  /** Position at relay once it is durable there and the envelope itself has not come back yet. */
  readonly pos: number | null;
}

interface Kept {
  readonly text: string;
  readonly mentions: readonly Pid[];
}

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
        else if (item.pos === null) {
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

  /** Keeps the text durably; it goes as soon as it may. */
  async add(room: RoomId, text: string, mentions: readonly Pid[]): Promise<MsgId> {
    if (pad({ v: 1, t: text, m: [...mentions] }) === null) throw new Refusal('too_long');
    const id = newId('m');
    const written = this.ground.now();
    const order = this.order++;
    const sealed = await this.ground.keys.lock(utf8(JSON.stringify({ text, mentions } satisfies Kept)));
    const entry: OutboxEntry = { id, room, order, written, sealed, reason: null };
    await this.ground.storage.putOutbox(entry);
    this.own.add(id);
    this.put(entry, { text, mentions });
    this.tabs().offer([entry]);
    if (this.tabs().leads) this.events.due(room);
    return id;
  }

  async retry(id: MsgId): Promise<void> {
    const item = this.find(id);
    if (item?.reason == null) return;
    if (!this.tabs().leads) {
      this.tabs().wish('retry', id);
      return;
    }
    await this.setReason(item, null);
    this.events.due(item.room);
  }

  async discard(id: MsgId): Promise<void> {
    const item = this.find(id);
    if (item?.reason == null) return;
    if (!this.tabs().leads) {
      this.tabs().wish('discard', id);
      return;
    }
    this.tell(item, { gone: true });
    await this.ground.storage.dropOutbox(id);
    this.forget(item);
  }

  /**
   * The room's envelopes from `bottom` to `top` are shown, those of `ids` among them: such a message is shown from there. One that relay
   * acknowledged between them and that is not there was not stored: it is a draft again.
   */
  arrived(room: RoomId, ids: ReadonlySet<MsgId>, bottom: number, top: number): void {
    for (const item of this.of(room)) {
      if (item.pos === null || item.pos > top) continue;
      if (ids.has(item.id) || item.pos < bottom) this.forget(item);
      else this.turn(() => this.lost(item)).catch(() => undefined);
    }
  }

  private async lost({ id, room, order, written, text, mentions, pos }: Waiting): Promise<void> {
    if (this.find(id)?.pos !== pos) return;
    const reason = 'bad_envelope';
    const sealed = await this.ground.keys.lock(utf8(JSON.stringify({ text, mentions } satisfies Kept)));
    const entry: OutboxEntry = { id, room, order, written, sealed, reason };
    await this.ground.storage.putOutbox(entry);
    this.entries.set(id, entry);
    this.replace({ id, room, order, written, text, mentions, reason, pos: null });
    this.tabs().offer([entry]);
  }

  // ---- what becomes of them; only the tab that leads decides

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
        else if (known.pos !== null && entry.reason !== null) {
          // Another tab saw that relay has not stored it.
          this.entries.set(entry.id, entry);
          this.replace({ ...known, reason: entry.reason, pos: null });
        }
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
    if (plain !== null) this.put(entry, JSON.parse(textOf(plain)) as Kept);
  }

  private put(entry: OutboxEntry, { text, mentions }: Kept): void {
    const { id, room, order, written, reason } = entry;
    // It may come at the same time from here, from disk and from another tab.
    if (this.find(id) !== undefined) return;
    this.entries.set(id, entry);
    this.order = Math.max(this.order, order + 1);
    const queue = [...this.of(room), { id, room, order, written, text, mentions, reason, pos: null }];
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
