/**
 * One meeting of one device: what the screens read and call. It owns the LiveKit room, the media worker and the keys' keeper.
 *
 * `new Meeting` while the preview is shown already starts the worker, fetches the media secret and relay's join reply and tests
 * the browser, all at once; `join` then only connects. `leave` ends everything and is final: a new join is a new `Meeting`.
 */
import {
  ConnectionState,
  DisconnectReason,
  type LocalAudioTrack,
  type LocalTrack,
  type LocalVideoTrack,
  Room,
  RoomEvent,
  Track,
  setLogLevel,
} from 'livekit-client';
import { type JoinReply, type MeetingAccess, type Pid, type Readable, Refusal } from '../session/api.ts';
import { deviceTrouble, followLevel } from './devices.ts';
import { Keeper } from './keeper.ts';
import { Link } from './link.ts';
import { Manager } from './manager.ts';
import type { Counts } from './messages.ts';
import { cameraOptions, microphoneOptions, roomOptions } from './options.ts';
import { OwnTracks } from './own.ts';
import { selfTest } from './selftest.ts';
import { type MeetingState, START } from './state.ts';
import { Store } from './store.ts';
import { makeTiles } from './tiles.ts';

/** A join reply older than this is fetched again: its token lives 60 s. */
const REPLY_FRESH_MS = 40_000;
/** After a break that LiveKit's own ways did not mend, a new way in is asked for again and again, for so long. */
const REJOIN_MS = 90_000;
/** Before the first try at most this; then longer, up to the second. Spread, since everybody in the meeting comes at once. */
const REJOIN_FIRST_MS = 300;
const REJOIN_LONGEST_MS = 3_000;
/** Refusals that may be over soon: relay or LiveKit is starting again. */
const MAY_PASS: ReadonlySet<string> = new Set(['no_media', 'relay_away', 'rate_limited', 'media_unreachable', 'grant_expired', 'bad_grant']);
/** A track that did not open is subscribed again after this, in case its sender has moved to a key that is here. */
const TRY_AGAIN_MS = 15_000;
/** The microphone is on and this long not a sound came from it. */
const SILENT_MS = 6000;
const SILENT_LEVEL = 0.02;
/** The identity is looked at this often besides the moments when it could change. */
const WATCH_MS = 1000;

const OVER: Partial<Record<DisconnectReason, string>> = {
  [DisconnectReason.DUPLICATE_IDENTITY]: 'elsewhere',
  [DisconnectReason.PARTICIPANT_REMOVED]: 'put_out',
  [DisconnectReason.ROOM_DELETED]: 'ended',
  [DisconnectReason.ROOM_CLOSED]: 'ended',
};

setLogLevel('silent');

export class Meeting {
  readonly #state = new Store(START);
  readonly #identity: string;
  readonly #link: Link;
  readonly #keeper: Keeper;
  readonly #room: Room;
  readonly #manager: Manager;
  readonly #ends: (() => void)[] = [];
  /** Publications that do not open, by track sid. */
  readonly #closedTracks = new Set<string>();
  #reply: { readonly at: number; readonly value: Promise<JoinReply> } | null = null;
  #painting = false;
  /** The connection is lost and a new one is on its way. */
  #rejoining = false;
  readonly #own = new OwnTracks();
  #levelEnd: (() => void) | null = null;

  constructor(private readonly access: MeetingAccess) {
    this.#identity = `${access.me.pid}.${access.me.dev}`;
    this.#link = new Link(
      (message) => {
        if (message.kind === 'missing') this.#keeper.missing(message.tag);
        else if (message.kind === 'seen') this.#keeper.seen(message.tag);
        else if (message.kind === 'sending') void this.#manager.forceKeyFrames();
        else this.#opens(message.track, message.opens);
      },
      () => {
        this.#stop('worker_failed');
      },
    );
    this.#keeper = new Keeper(access, this.#link, {
      opened: () => {
        this.#subscribeAgain();
      },
      refused: (code) => {
        this.#set({ keyTrouble: code });
      },
    });
    this.#manager = new Manager(this.#link, {
      identity: this.#identity,
      isMember: (identity) => this.#isMember(identity),
      unsafe: (why) => {
        this.#stop(why);
      },
    });
    this.#room = new Room(roomOptions(this.#manager));
    this.#follow();
    // All that a join needs is fetched now; what fails is told when it is needed.
    void selfTest().then((browser) => {
      this.#set({ browser });
    });
    this.#join().catch(() => undefined);
  }

  get state(): Readable<MeetingState> {
    return this.#state;
  }

  /** What the worker sealed, opened and dropped. */
  counts(): Promise<Counts | null> {
    return this.#link.counts();
  }

  /** Enters the meeting with the tracks that the preview has made. What goes wrong stands in the state. */
  async join(mic: LocalAudioTrack | null, cam: LocalVideoTrack | null): Promise<void> {
    if (this.#state.get().phase !== 'preview') return;
    this.#set({ phase: 'joining', mic: mic === null ? 'off' : 'on', cam: cam === null ? 'off' : 'on' });
    try {
      const test = await selfTest();
      if (test !== 'safe') throw new Refusal(`browser_${test}`);
      await this.#enter(([mic, cam] as (LocalTrack | null)[]).filter((track) => track !== null));
      if (this.#over()) return;
      this.#set({ phase: 'in' });
      if (mic !== null) this.#listen();
      this.#paint();
    } catch (error) {
      this.#stop(error instanceof Refusal ? error.code : 'media_unreachable');
    }
  }

  async setMic(on: boolean): Promise<void> {
    await this.#switch('mic', 'micTrouble', on, () => this.#room.localParticipant.setMicrophoneEnabled(on, microphoneOptions()));
    this.#listen();
  }

  async setCam(on: boolean): Promise<void> {
    await this.#switch('cam', 'camTrouble', on, () => this.#room.localParticipant.setCameraEnabled(on, cameraOptions()));
  }

  async setScreen(on: boolean): Promise<void> {
    if (on && this.#rejoining) return;
    await this.#switch('screen', 'screenTrouble', on, async () => {
      await this.#room.localParticipant.setScreenShareEnabled(on, { audio: true, contentHint: 'detail' });
      if (!on) this.#own.endScreen();
    });
  }

  /** Uses another microphone, camera or loudspeaker from now on. */
  async useDevice(kind: MediaDeviceKind, id: string): Promise<void> {
    const place = kind === 'videoinput' ? 'camTrouble' : 'micTrouble';
    try {
      await this.#room.switchActiveDevice(kind, id);
      this.#set({ [place]: null });
    } catch (error) {
      this.#set({ [place]: deviceTrouble(error) });
    }
    if (kind === 'audioinput') this.#listen();
  }

  /** Call from a click when `soundBlocked`. */
  async playSound(): Promise<void> {
    await this.#room.startAudio().catch(() => undefined);
    this.#paint();
  }

  leave(): void {
    this.#stop(null);
  }

  /** Connects with these tracks; throws what LiveKit or relay answers. */
  async #enter(tracks: readonly LocalTrack[]): Promise<void> {
    for (const track of tracks) this.#own.add(track);
    const reply = await this.#join();
    if (this.#over()) return;
    await this.#room.setE2EEEnabled(true);
    const connected = this.#room.connect(reply.livekit, reply.token, {
      autoSubscribe: true,
      rtcConfig: { encodedInsertableStreams: true } as RTCConfiguration,
    });
    // Publishing waits for the signal connection by itself, so the tracks go out with the first negotiation.
    for (const track of tracks) this.#room.localParticipant.publishTrack(track).catch(() => undefined);
    await connected;
    if (this.#over()) {
      void this.#room.disconnect();
      return;
    }
    this.#checkIdentity();
  }

  /**
   * The connection is gone for good: LiveKit was restarted, perhaps, and knows neither room nor token any more. Relay gives a new
   * way into the same call; worker, keys and devices stay as they are.
   */
  async #rejoin(): Promise<void> {
    if (this.#rejoining) return;
    this.#rejoining = true;
    this.#phase('reconnecting');
    const until = performance.now() + REJOIN_MS;
    let longest = REJOIN_FIRST_MS;
    let why = 'lost';
    while (performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, longest * (0.2 + 0.8 * Math.random())));
      longest = Math.min(REJOIN_LONGEST_MS, longest * 2);
      if (this.#over()) return;
      try {
        this.#reply = null;
        await this.#enter(this.#own.live(this.#state.get()));
        this.#rejoining = false;
        if (this.#over()) return;
        this.#phase('in');
        this.#closedTracks.clear();
        await this.#asWished();
        this.#paint();
        return;
      } catch (error) {
        why = error instanceof Refusal ? error.code : 'media_unreachable';
        if (!MAY_PASS.has(why)) break;
      }
    }
    this.#stop(MAY_PASS.has(why) ? 'lost' : why);
  }

  /** What was switched while there was no connection. */
  async #asWished(): Promise<void> {
    const { mic, cam } = this.#state.get();
    const me = this.#room.localParticipant;
    await Promise.all([
      me.setMicrophoneEnabled(mic === 'on', microphoneOptions()),
      me.setCameraEnabled(cam === 'on', cameraOptions()),
    ]).catch(() => undefined);
    this.#listen();
  }

  // --- joining -----------------------------------------------------------------------------------------------------------

  #join(): Promise<JoinReply> {
    const now = performance.now();
    if (this.#reply !== null && now - this.#reply.at < REPLY_FRESH_MS) return this.#reply.value;
    const value = this.access.join().then((reply) => {
      if (!this.#over() && !this.#keeper.enter(reply.meeting)) throw new Refusal('bad_reply');
      return reply;
    });
    this.#reply = { at: now, value };
    value.catch(() => {
      this.#reply = null;
    });
    return value;
  }

  #over(): boolean {
    return this.#state.get().phase === 'over';
  }

  #stop(why: string | null): void {
    if (this.#over()) return;
    this.#set({ phase: 'over', why, tiles: [], mic: 'off', cam: 'off', screen: 'off', micSilent: false });
    for (const end of this.#ends) end();
    this.#levelEnd?.();
    this.#keeper.stop();
    this.#own.end();
    void this.#room.disconnect(true).finally(() => {
      this.#link.close();
    });
  }

  // --- what happens in the room ------------------------------------------------------------------------------------------

  #follow(): void {
    const room = this.#room;
    const paint = (): void => {
      this.#paint();
    };
    for (const event of [
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.TrackSubscribed,
      RoomEvent.TrackUnsubscribed,
      RoomEvent.TrackPublished,
      RoomEvent.TrackUnpublished,
      RoomEvent.TrackMuted,
      RoomEvent.TrackUnmuted,
      RoomEvent.LocalTrackPublished,
      RoomEvent.LocalTrackUnpublished,
      RoomEvent.ActiveSpeakersChanged,
      RoomEvent.AudioPlaybackStatusChanged,
    ] as const)
      room.on(event, paint);
    room
      .on(RoomEvent.SignalReconnecting, () => {
        this.#phase('reconnecting');
      })
      .on(RoomEvent.Reconnecting, () => {
        this.#phase('reconnecting');
      })
      .on(RoomEvent.Reconnected, () => {
        this.#checkIdentity();
        this.#phase('in');
        this.#paint();
      })
      .on(RoomEvent.LocalTrackPublished, ({ track }) => {
        this.#own.add(track);
      })
      .on(RoomEvent.Disconnected, (reason) => {
        if (this.#over() || this.#state.get().phase === 'joining') return; // `join` tells why.
        const over = reason === undefined ? undefined : OVER[reason];
        if (over !== undefined) this.#stop(over);
        else void this.#rejoin();
      });
    const watch = setInterval(() => {
      this.#checkIdentity();
      if (this.#state.get().tiles.some((tile) => tile.name === null)) this.#paint(); // Home may have told the name by now.
    }, WATCH_MS);
    const again = setInterval(() => {
      this.#subscribeAgain();
    }, TRY_AGAIN_MS);
    this.#ends.push(
      () => {
        clearInterval(watch);
        clearInterval(again);
      },
      // Somebody may have become a member after their track was refused, or have stopped being one.
      this.access.members.subscribe(() => {
        this.#members();
      }),
    );
  }

  #phase(phase: 'in' | 'reconnecting'): void {
    const now = this.#state.get().phase;
    if (now === 'in' || now === 'reconnecting') this.#set({ phase });
  }

  #checkIdentity(): void {
    if (this.#room.state !== ConnectionState.Connected) return;
    if (this.#room.localParticipant.identity !== this.#identity) this.#stop('identity_changed');
  }

  #isMember(identity: string): boolean {
    return this.access.members.get().has(identity.split('.')[0] as Pid);
  }

  #members(): void {
    for (const participant of this.#room.remoteParticipants.values()) {
      const member = this.#isMember(participant.identity);
      for (const publication of participant.trackPublications.values()) {
        if (!member && publication.isDesired) publication.setSubscribed(false);
        if (member && !publication.isDesired && !this.#closedTracks.has(publication.trackSid)) publication.setSubscribed(true);
      }
    }
    this.#paint();
  }

  #opens(sid: string, opens: boolean): void {
    if (opens) {
      if (this.#closedTracks.delete(sid)) this.#paint();
      return;
    }
    this.#closedTracks.add(sid);
    // A subscriber who cannot open makes the sender produce key frames for everybody.
    this.#publication(sid)?.setSubscribed(false);
    this.#paint();
  }

  #subscribeAgain(): void {
    for (const sid of this.#closedTracks) {
      const publication = this.#publication(sid);
      if (publication === undefined) this.#closedTracks.delete(sid);
      else publication.setSubscribed(true);
    }
  }

  #publication(sid: string) {
    for (const participant of this.#room.remoteParticipants.values()) {
      const found = participant.trackPublications.get(sid);
      if (found !== undefined && this.#isMember(participant.identity)) return found;
    }
    return undefined;
  }

  // --- one's own devices -------------------------------------------------------------------------------------------------

  async #switch(
    name: 'mic' | 'cam' | 'screen',
    trouble: 'micTrouble' | 'camTrouble' | 'screenTrouble',
    on: boolean,
    act: () => Promise<unknown>,
  ): Promise<void> {
    const before = this.#state.get()[name];
    if (before === 'turning' || this.#over()) return;
    if (this.#rejoining) {
      // Done as soon as there is a connection again (`#asWished`).
      this.#set({ [name]: on ? 'on' : 'off' });
      return;
    }
    this.#set({ [name]: 'turning', [trouble]: null });
    try {
      await act();
      if (!this.#over()) this.#set({ [name]: on ? 'on' : 'off' });
    } catch (error) {
      if (this.#over()) return;
      // Who closes the browser's own picker of screens has changed their mind; that is no trouble.
      const told = name === 'screen' && deviceTrouble(error) === 'denied' ? null : deviceTrouble(error);
      this.#set({ [name]: before, [trouble]: told });
    }
    this.#paint();
  }

  /** Watches whether the microphone gives any sound while it is on. */
  #listen(): void {
    this.#levelEnd?.();
    this.#levelEnd = null;
    this.#set({ micSilent: false });
    const track = this.#room.localParticipant.getTrackPublication(Track.Source.Microphone)?.track?.mediaStreamTrack;
    if (this.#state.get().mic !== 'on' || track === undefined || this.#over()) return;
    let loudAt = performance.now();
    this.#levelEnd = followLevel(track, (level) => {
      const now = performance.now();
      if (level > SILENT_LEVEL) loudAt = now;
      this.#set({ micSilent: now - loudAt >= SILENT_MS });
    });
  }

  // --- what is shown -----------------------------------------------------------------------------------------------------

  #set(change: Partial<MeetingState>): void {
    const before = this.#state.get();
    const changed = Object.entries(change).some(([name, value]) => before[name as keyof MeetingState] !== value);
    if (changed) this.#state.set({ ...before, ...change });
  }

  /** Makes the tiles anew, once for all that happened in this turn. */
  #paint(): void {
    if (this.#painting) return;
    this.#painting = true;
    queueMicrotask(() => {
      this.#painting = false;
      if (this.#over() || this.#rejoining || this.#room.state === ConnectionState.Disconnected) return;
      const { localParticipant: me, remoteParticipants } = this.#room;
      const others = [...remoteParticipants.values()].filter((one) => this.#isMember(one.identity));
      this.#keeper.present(new Set(others.map((one) => one.identity)));
      // The browser's own bar ("stop sharing") ends a share without us.
      const sharing = me.getTrackPublication(Track.Source.ScreenShare) !== undefined;
      const { screen } = this.#state.get();
      this.#set({
        tiles: makeTiles(this.access, me, others, this.#closedTracks),
        strangers: remoteParticipants.size - others.length,
        soundBlocked: !this.#room.canPlaybackAudio,
        screen: screen === 'turning' ? screen : sharing ? 'on' : 'off',
      });
    });
  }
}
