/**
 * The encryption manager that livekit-client calls (docs/media.md names each call): it puts our worker's transform on every sender
 * and receiver, and refuses everything else.
 *
 * What holds the wall is not this class but the connection's flag `encodedInsertableStreams`: with it an end without a transform
 * passes nothing. So a track that we do not want simply gets no transform. The contract with livekit-client is pinned to one
 * version and checked by the media tests.
 */
import {
  type BaseE2EEManager,
  EncryptionEvent,
  type Participant,
  ParticipantEvent,
  type RemoteParticipant,
  type RemoteTrack,
  type Room,
  RoomEvent,
} from 'livekit-client';
import { senderOf } from './keys.ts';
import type { Link } from './link.ts';

/** Why a meeting was stopped for safety. */
type Unsafe =
  | 'identity_changed' // the SFU gave this device another identity
  | 'media_unprotected' // a connection without the flag: clear frames could pass
  | 'encryption_off'; // something asked to switch encryption off

export interface ManagerWorld {
  readonly identity: string;
  /** A member by the verified roster. */
  isMember(identity: string): boolean;
  unsafe(why: Unsafe): void;
}

type Listener = (...args: never[]) => void;
type Engine = Parameters<BaseE2EEManager['setupEngine']>[0];

/** The part of livekit's transport that is private in its types: the peer connection itself. */
interface Transport {
  readonly pc?: RTCPeerConnection;
}

export class Manager implements BaseE2EEManager {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #senders = new Set<RTCRtpSender>();
  #room: Room | null = null;

  constructor(
    private readonly link: Link,
    private readonly world: ManagerWorld,
  ) {}

  readonly isEnabled = true;

  get isDataChannelEncryptionEnabled(): boolean {
    return true;
  }

  // livekit assigns this; a client that would send clear data must not start.
  set isDataChannelEncryptionEnabled(on: boolean) {
    if (!on) throw new Error('encryption cannot be switched off');
  }

  on(event: string, listener: Listener): this {
    const all = this.#listeners.get(event) ?? new Set<Listener>();
    this.#listeners.set(event, all);
    all.add(listener);
    return this;
  }

  setup(room: Room): void {
    this.#room = room;
    room.localParticipant.on(ParticipantEvent.LocalSenderCreated, (sender: RTCRtpSender) => {
      if (room.localParticipant.identity !== this.world.identity) {
        this.world.unsafe('identity_changed');
        return;
      }
      sender.transform = this.link.transform({ side: 'send' });
      this.#senders.add(sender);
    });
    room.on(RoomEvent.TrackSubscribed, (track: RemoteTrack, publication, participant: RemoteParticipant) => {
      const sender = senderOf(participant.identity);
      if (track.receiver === undefined) return;
      if (sender === null || !this.world.isMember(participant.identity)) {
        publication.setSubscribed(false);
        return;
      }
      track.receiver.transform = this.link.transform({ side: 'receive', sender, track: publication.trackSid });
    });
  }

  setupEngine(engine: Engine): void {
    // The event's name is livekit's own, not part of its public enum.
    (engine as unknown as { on(name: string, listener: (...transports: (Transport | undefined)[]) => void): void }).on(
      'transportsCreated',
      (...transports) => {
        for (const transport of transports) if (transport !== undefined) this.#assertFlag(transport);
      },
    );
  }

  /** Without the flag, frames pass an end that has no transform (yet): such a connection must not live. */
  #assertFlag(transport: Transport): void {
    const configuration = transport.pc?.getConfiguration() as { encodedInsertableStreams?: boolean } | undefined;
    if (configuration?.encodedInsertableStreams === true) return;
    transport.pc?.close();
    this.world.unsafe('media_unprotected');
  }

  setParticipantCryptorEnabled(enabled: boolean, identity: string): void {
    if (!enabled) {
      this.world.unsafe('encryption_off');
      throw new Error('encryption cannot be switched off');
    }
    const local = this.#room?.localParticipant;
    if (local?.identity === identity) this.#emit(EncryptionEvent.ParticipantEncryptionStatusChanged, true, local);
  }

  setSifTrailer(): void {
    // Frames that the SFU makes up (silence at mute) are clear; the worker drops them like any clear frame.
  }

  encryptData(): Promise<never> {
    return Promise.reject(new Error('LiveKit data is not used'));
  }

  handleEncryptedData(): Promise<never> {
    return Promise.reject(new Error('LiveKit data is not used'));
  }

  /** Makes every video layer start afresh: after a late key, receivers cannot use what follows frames they never got. */
  async forceKeyFrames(): Promise<void> {
    for (const sender of this.#senders) {
      if (sender.track?.kind !== 'video' || sender.transport?.state === 'closed') continue;
      const parameters = sender.getParameters();
      if (parameters.encodings.length === 0) continue;
      const options = { encodingOptions: parameters.encodings.map(() => ({ keyFrame: true })) };
      await sender.setParameters(parameters, options as RTCSetParameterOptions).catch(() => undefined);
    }
  }

  #emit(event: string, enabled: boolean, participant: Participant): void {
    for (const listener of this.#listeners.get(event) ?? []) (listener as (on: boolean, who: Participant) => void)(enabled, participant);
  }
}
