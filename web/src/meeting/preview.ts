/**
 * The look in the mirror before a meeting: one's own camera and microphone, on only if this person left them on here last time.
 * The tracks that it made go into the meeting as they are.
 */
import { type LocalAudioTrack, type LocalVideoTrack, createLocalAudioTrack, createLocalVideoTrack } from 'livekit-client';
import type { Readable } from '../session/api.ts';
import { type Choice, type DeviceTrouble, deviceTrouble, followLevel, keepChoice, loadChoice } from './devices.ts';
import { cameraOptions, microphoneOptions } from './options.ts';
import { Store } from './store.ts';

export interface PreviewState {
  readonly mic: LocalAudioTrack | null;
  readonly cam: LocalVideoTrack | null;
  readonly micTrouble: DeviceTrouble | null;
  readonly camTrouble: DeviceTrouble | null;
  /** How loud the microphone is, 0 to 1. */
  readonly level: number;
  readonly choice: Choice;
}

export class Preview {
  readonly #state: Store<PreviewState>;
  /** Turns of one device happen one after the other. */
  #turns: Promise<void> = Promise.resolve();
  #levelEnd: (() => void) | null = null;
  #closed = false;

  constructor() {
    const choice = loadChoice();
    this.#state = new Store<PreviewState>({ mic: null, cam: null, micTrouble: null, camTrouble: null, level: 0, choice });
    if (choice.mic) this.#turn(() => this.#mic(true));
    if (choice.cam) this.#turn(() => this.#cam(true));
  }

  get state(): Readable<PreviewState> {
    return this.#state;
  }

  setMic(on: boolean): void {
    this.#choose({ mic: on });
    this.#turn(() => this.#mic(on));
  }

  /** Turns the microphone on for this time, whatever was chosen last: somebody is called, or answers. */
  speak(): void {
    this.#turn(() => (this.#state.get().mic === null ? this.#mic(true) : Promise.resolve()));
  }

  setCam(on: boolean): void {
    this.#choose({ cam: on });
    this.#turn(() => this.#cam(on));
  }

  useDevice(kind: MediaDeviceKind, id: string): void {
    const { mic, cam } = this.#state.get();
    if (kind === 'audiooutput') this.#choose({ speakerId: id });
    if (kind === 'audioinput') {
      this.#choose({ micId: id });
      if (mic !== null) this.#turn(() => this.#mic(true));
    }
    if (kind === 'videoinput') {
      this.#choose({ camId: id });
      if (cam !== null) this.#turn(() => this.#cam(true));
    }
  }

  /** Hands the tracks over; from then on they are the caller's to stop. */
  async take(): Promise<{ mic: LocalAudioTrack | null; cam: LocalVideoTrack | null }> {
    await this.#turns;
    this.#levelEnd?.();
    const { mic, cam } = this.#state.get();
    this.#closed = true;
    return { mic, cam };
  }

  /** Stops what was not taken. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#levelEnd?.();
    this.#state.get().mic?.stop();
    this.#state.get().cam?.stop();
  }

  #set(change: Partial<PreviewState>): void {
    this.#state.set({ ...this.#state.get(), ...change });
  }

  #choose(change: Partial<Choice>): void {
    const choice = { ...loadChoice(), ...change };
    keepChoice(choice);
    this.#set({ choice });
  }

  #turn(act: () => Promise<void>): void {
    this.#turns = this.#turns.then(() => (this.#closed ? undefined : act()));
  }

  async #mic(on: boolean): Promise<void> {
    this.#levelEnd?.();
    this.#levelEnd = null;
    this.#state.get().mic?.stop();
    this.#set({ mic: null, micTrouble: null, level: 0 });
    if (!on) return;
    try {
      const mic = await createLocalAudioTrack(microphoneOptions());
      if (this.#isClosed()) {
        mic.stop();
        return;
      }
      this.#set({ mic });
      this.#levelEnd = followLevel(mic.mediaStreamTrack, (level) => {
        this.#set({ level });
      });
    } catch (error) {
      this.#set({ micTrouble: deviceTrouble(error) });
    }
  }

  async #cam(on: boolean): Promise<void> {
    this.#state.get().cam?.stop();
    this.#set({ cam: null, camTrouble: null });
    if (!on) return;
    try {
      const cam = await createLocalVideoTrack(cameraOptions());
      if (this.#isClosed()) cam.stop();
      else this.#set({ cam });
    } catch (error) {
      this.#set({ camTrouble: deviceTrouble(error) });
    }
  }

  /** Read anew after an await: the screen may have gone meanwhile. */
  #isClosed(): boolean {
    return this.#closed;
  }
}
