/** Who and what is shown in a meeting: one tile for each device that is in it, and one for each shared screen. */
import { type LocalTrack, type Participant, type RemoteParticipant, type RemoteTrack, Track } from 'livekit-client';
import type { MeetingAccess, Pid } from '../session/api.ts';

export interface Tile {
  /** Stable while the tile stands. */
  readonly key: string;
  readonly kind: 'person' | 'screen';
  readonly pid: Pid;
  readonly me: boolean;
  /** The name from home, never from LiveKit; `null` when unknown. */
  readonly name: string | null;
  /** Place among the room's members, from 1: what a person is called while the name is not known. */
  readonly place: number;
  /** 1, or 2 and more for further devices of the same person. */
  readonly nth: number;
  readonly video: LocalTrack | RemoteTrack | null;
  readonly audio: RemoteTrack | null;
  readonly speaking: boolean;
  readonly muted: boolean;
  /** Tracks came that do not open: no key for them, or not from this person. */
  readonly noKey: boolean;
}

/**
 * The tiles of a moment: screens first, then the others, oneself last.
 * @param closed sids of tracks that do not open.
 */
export function makeTiles(access: MeetingAccess, me: Participant, others: readonly RemoteParticipant[], closed: ReadonlySet<string>): Tile[] {
  const met = new Map<string, number>();
  const members = [...access.members.get()];
  const people: Tile[] = [];
  const screens: Tile[] = [];
  // Oneself is counted first and shown last.
  for (const one of [me, ...others]) {
    const mine = one === me;
    const pid = (mine ? access.me.pid : one.identity.split('.')[0]) as Pid;
    const nth = (met.get(pid) ?? 0) + 1;
    met.set(pid, nth);
    const base = { pid, me: mine, name: access.name(pid), place: members.indexOf(pid) + 1, nth };
    const microphone = one.getTrackPublication(Track.Source.Microphone);
    people.push({
      ...base,
      key: one.identity,
      kind: 'person',
      video: picture(one, Track.Source.Camera, closed),
      audio: mine ? null : sound(one, Track.Source.Microphone),
      speaking: one.isSpeaking,
      muted: microphone === undefined || microphone.isMuted,
      noKey: [...one.trackPublications.keys()].some((sid) => closed.has(sid)),
    });
    const screen = picture(one, Track.Source.ScreenShare, closed);
    if (screen === null) continue;
    screens.push({
      ...base,
      key: `${one.identity}/screen`,
      kind: 'screen',
      video: screen,
      audio: mine ? null : sound(one, Track.Source.ScreenShareAudio),
      speaking: false,
      muted: false,
      noKey: false,
    });
  }
  return [...screens, ...people.slice(1), ...people.slice(0, 1)];
}

function picture(one: Participant, source: Track.Source, closed: ReadonlySet<string>): LocalTrack | RemoteTrack | null {
  const publication = one.getTrackPublication(source);
  if (publication?.track === undefined || publication.isMuted || closed.has(publication.trackSid)) return null;
  return publication.track as LocalTrack | RemoteTrack;
}

function sound(one: Participant, source: Track.Source): RemoteTrack | null {
  return (one.getTrackPublication(source)?.track as RemoteTrack | undefined) ?? null;
}
