/** The tracks that this device made for a meeting. They outlive a connection, and end with the meeting. */
import { type LocalTrack, Track } from 'livekit-client';
import type { MeetingState } from './state.ts';

const SCREEN: ReadonlySet<Track.Source> = new Set([Track.Source.ScreenShare, Track.Source.ScreenShareAudio]);

export class OwnTracks {
  readonly #all = new Set<LocalTrack>();

  add(track: LocalTrack | undefined): void {
    if (track !== undefined) this.#all.add(track);
  }

  /** Those that go on after a break: of what is switched on, and not ended by the browser. The others end. */
  live({ mic, cam, screen }: MeetingState): LocalTrack[] {
    const on = (source: Track.Source): boolean =>
      SCREEN.has(source) ? screen === 'on' : source === Track.Source.Microphone ? mic === 'on' : cam === 'on';
    this.#end((track) => !on(track.source) || track.isMuted || track.mediaStreamTrack.readyState !== 'live');
    return [...this.#all];
  }

  endScreen(): void {
    this.#end(({ source }) => SCREEN.has(source));
  }

  end(): void {
    this.#end(() => true);
  }

  #end(which: (track: LocalTrack) => boolean): void {
    for (const track of this.#all) {
      if (!which(track)) continue;
      track.stop();
      this.#all.delete(track);
    }
  }
}
