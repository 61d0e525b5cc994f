/** What the parts of one session stand on together. Made once, in `session.ts`. */
import type { HomeDoor } from '../doors/home';
import type { Keys } from '../keys/client';
import type { Dev, Pid } from '../wire/ids';
import type { SessionSettings } from './api';
import type { People } from './people';
import type { Storage } from './storage';
import type { Way } from './tabs/following';

export interface Ground {
  readonly pid: Pid;
  readonly dev: Dev;
  readonly home: HomeDoor;
  readonly keys: Keys;
  readonly storage: Storage;
  readonly people: People;
  readonly settings: Pick<SessionSettings, 'own'>;
  /** The way to relay while it is there, through whichever tab. */
  stream(): Way | null;
  /** Relay's clock, ms since 1970. */
  now(): number;
  /** Waits for a call to home and notes whether home answers and still knows us. */
  asked<T>(call: Promise<T>): Promise<T>;
}
