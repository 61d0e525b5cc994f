/** What the screens see of a meeting. */
import type { DeviceTrouble } from './devices.ts';
import type { SelfTest } from './selftest.ts';
import type { Tile } from './tiles.ts';

type Phase = 'preview' | 'joining' | 'in' | 'reconnecting' | 'over';
type Switch = 'off' | 'turning' | 'on';

export interface MeetingState {
  readonly phase: Phase;
  /** What the test of this browser found; `null` while it runs. */
  readonly browser: SelfTest | null;
  /** Why it could not be joined, or why it is over: a code of the catalogues; `null` when one left. */
  readonly why: string | null;
  readonly tiles: readonly Tile[];
  readonly mic: Switch;
  readonly cam: Switch;
  readonly screen: Switch;
  readonly micTrouble: DeviceTrouble | null;
  readonly camTrouble: DeviceTrouble | null;
  readonly screenTrouble: DeviceTrouble | null;
  /** The microphone is on but nothing is heard from it. */
  readonly micSilent: boolean;
  /** Connections in the LiveKit room whose owner home has not signed: they get nothing, and it is said. */
  readonly strangers: number;
  /** The browser wants a click before it plays sound. */
  readonly soundBlocked: boolean;
  /** The code why home does not give the current media secret, or `null`. */
  readonly keyTrouble: string | null;
}

export const START: MeetingState = {
  phase: 'preview',
  browser: null,
  why: null,
  tiles: [],
  mic: 'off',
  cam: 'off',
  screen: 'off',
  micTrouble: null,
  camTrouble: null,
  screenTrouble: null,
  micSilent: false,
  strangers: 0,
  soundBlocked: false,
  keyTrouble: null,
};
