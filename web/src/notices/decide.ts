/** What a new message is worth: a desktop notice, a sound, or nothing. Pure. */
import type { Message, Room, RoomId } from '../session/api';
import type { Settings } from '../wire/types';
import { isQuiet } from './quiet';

export interface Situation {
  readonly settings: Pick<Settings, 'desktop' | 'sound' | 'quiet' | 'quiet_until' | 'zone'>;
  /** ms since 1970 */
  readonly now: number;
  /** Rooms that some tab of this device shows, in front of the person. */
  readonly inView: ReadonlySet<RoomId>;
  /** The person is in a meeting on this device: nothing sounds over it. */
  readonly inMeeting: boolean;
}

export interface Worth {
  readonly notice: boolean;
  readonly sound: boolean;
}

const NOTHING: Worth = { notice: false, sound: false };

/** Whether a message concerns its reader enough to say so, by what they chose for its room. Rings are `calls/`'s. */
export function concerns(message: Message, room: Room): boolean {
  if (message.mine || message.kind !== 'text' || message.deleted !== null || room.archived) return false;
  if (room.notify === 'none') return false;
  return room.notify === 'all' || message.mentionsMe;
}

export function worth(message: Message, room: Room, { settings, now, inView, inMeeting }: Situation): Worth {
  if (!concerns(message, room) || isQuiet(settings, now)) return NOTHING;
  if (inView.has(room.id)) return NOTHING;
  return { notice: settings.desktop, sound: settings.sound && !inMeeting };
}

/** Whether a call may be heard; it is shown in any case. */
export function mayRing(room: Room, { settings, now, inMeeting }: Omit<Situation, 'inView'>): boolean {
  return settings.sound && !inMeeting && room.notify !== 'none' && !isQuiet(settings, now);
}
