/** A track's picture or sound in the page. */
import type { LocalTrack, RemoteTrack } from 'livekit-client';
import { useEffect, useRef } from 'react';
import { classes } from '../ui/classes.ts';
import styles from './meeting.module.css';

const c = classes(styles);

export interface MediaProps {
  readonly track: LocalTrack | RemoteTrack;
  readonly mirrored?: boolean;
  /** Show all of it rather than fill the tile. */
  readonly whole?: boolean;
  readonly label: string;
}

/** livekit's `attach` sets `srcObject` and watches the size, so that the SFU sends no more than is shown. */
export function Media({ track, mirrored = false, whole = false, label }: MediaProps) {
  const place = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    track.attach(element);
    return () => {
      track.detach(element);
    };
  }, [track]);
  return <video ref={place} className={c('video', mirrored && 'mirrored', whole && 'whole')} aria-label={label} autoPlay muted playsInline />;
}

export function Sound({ track }: { readonly track: RemoteTrack }) {
  const place = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    track.attach(element);
    return () => {
      track.detach(element);
    };
  }, [track]);
  // Speech has no captions yet: a captions area comes with a model that the authority supplies.
  // eslint-disable-next-line jsx-a11y/media-has-caption
  return <audio ref={place} autoPlay />;
}
