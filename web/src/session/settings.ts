/** What a person chooses for themself, the same on all of their devices; what owners and members choose for rooms; channels to find. */
import type { HomeDoor } from '../doors/home';
import { b64, type Bytes } from '../wire/bytes';
import type { RoomId } from '../wire/ids';
import type { Changed, Channels, Mine, Settings, Since, Started } from '../wire/types';
import type { RoomChange, SessionSettings } from './api';
import type { Rooms } from './rooms';
import { Signal } from './signal';
import type { Way } from './tabs/following';

/** As home tells it of who never chose (`wire/rooms_api.py`). */
const UNCHOSEN: Settings = {
  language: '', status: '', status_until: null, desktop: true, sound: true, mail: true, quiet: null, quiet_until: null, zone: '', typing: true,
};

/** What this part stands on. */
interface SettingsGround {
  readonly home: HomeDoor;
  readonly rooms: Rooms;
  asked<T>(call: Promise<T>): Promise<T>;
  /** Takes home's answer to a change of a room. */
  take(reply: Promise<Changed>): Promise<Changed>;
  stream(): Way | null;
}

export class SettingsPart implements SessionSettings {
  readonly own: Signal<Settings>;
  mayMakeChannels: boolean;

  constructor(
    private readonly ground: SettingsGround,
    started: Started,
  ) {
    this.own = new Signal(started.settings ?? UNCHOSEN);
    this.mayMakeChannels = started.may.includes('channels');
  }

  /** A later start. */
  adopt({ settings, may }: Started): void {
    this.own.set(settings ?? UNCHOSEN);
    this.mayMakeChannels = may.includes('channels');
  }

  /** What changed at home. */
  heard({ settings }: Since): void {
    if (settings !== null) this.own.set(settings);
  }

  async change(change: Partial<Settings>): Promise<void> {
    const wanted: Settings = { ...this.own.get(), zone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...change };
    await this.ground.asked(this.ground.home.choose(wanted));
    this.own.set(wanted);
  }

  async seeRoom(room: RoomId, how: Partial<Mine>): Promise<void> {
    const wanted = { ...this.ground.rooms.mine(room), ...how };
    await this.ground.asked(this.ground.home.seeRoom(room, wanted));
    this.ground.rooms.see(room, wanted);
  }

  markRead(room: RoomId): void {
    const { pos, read } = this.ground.rooms.position(room);
    if (pos <= read) return;
    this.ground.rooms.read(room, pos);
    this.ground.stream()?.send('Read', { room, pos });
  }

  async changeRoom(room: RoomId, change: RoomChange): Promise<void> {
    await this.ground.take(this.ground.asked(this.ground.home.changeRoom(room, change)));
  }

  async setPicture(room: RoomId, picture: Bytes | null): Promise<void> {
    const { home } = this.ground;
    await this.ground.take(this.ground.asked(picture === null ? home.dropPicture(room) : home.putPicture(room, b64(picture))));
  }

  async takeOver(room: RoomId): Promise<void> {
    await this.ground.take(this.ground.asked(this.ground.home.own(room)));
  }

  channels(query: string, skip: number, limit: number): Promise<Channels> {
    return this.ground.asked(this.ground.home.channels(query, skip, limit));
  }

  async join(room: RoomId): Promise<void> {
    await this.ground.take(this.ground.asked(this.ground.home.join(room)));
  }
}
