/** One participant, or one shared screen. */
import { KeyRound, MicOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Avatar } from '../ui/Avatar.tsx';
import { classes } from '../ui/classes.ts';
import { Media } from './Media.tsx';
import styles from './meeting.module.css';
import type { Tile } from './tiles.ts';

const c = classes(styles);

/** The name that a tile bears: from home; a further device of the same person has its number. */
export function useNames(): (tile: Tile) => string {
  const { t } = useTranslation('meeting');
  return (tile) => {
    const name = tile.name ?? t('participant', { n: tile.place });
    return tile.nth === 1 ? name : t('further_device', { name, nth: tile.nth });
  };
}

/** `width` in CSS pixels; 0 lets the style sheet decide. */
export function TileView({ tile, width }: { readonly tile: Tile; readonly width: number }) {
  const { t } = useTranslation('meeting');
  const name = useNames()(tile);
  const label = tile.kind === 'screen' ? t('screen_of', { name }) : name;
  return (
    <div
      role="group"
      aria-label={label}
      className={c('tile', tile.speaking && 'speaking')}
      style={width === 0 ? undefined : { width: `${width}px` }}
    >
      {tile.video === null ? (
        <span className={c('face')}>
          <Avatar id={tile.pid} name={tile.name ?? ''} />
        </span>
      ) : (
        <Media track={tile.video} mirrored={tile.me && tile.kind === 'person'} whole={tile.kind === 'screen'} label={t('picture_of', { name: label })} />
      )}
      {tile.noKey && (
        <p className={c('closed')}>
          <KeyRound aria-hidden="true" />
          {t('no_key')}
        </p>
      )}
      <p className={c('name')}>
        {tile.kind === 'person' && tile.muted && <MicOff role="img" aria-label={t('muted')} />}
        <span>{tile.me && tile.kind === 'person' ? t('you', { name }) : label}</span>
      </p>
    </div>
  );
}
