/** The meeting as it runs: what everybody shows, what is wrong, and the controls. */
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import { Notice } from '../ui/Notice.tsx';
import { Badge } from './Badge.tsx';
import { Controls } from './Controls.tsx';
import { DeviceNotice } from './DeviceNotice.tsx';
import { useWhy } from './Ended.tsx';
import { grid } from './layout.ts';
import { Sound } from './Media.tsx';
import type { Meeting } from './meeting.ts';
import styles from './meeting.module.css';
import { Panel } from './Panel.tsx';
import type { MeetingState } from './state.ts';
import type { Tile } from './tiles.ts';
import { TileView, useNames } from './TileView.tsx';

const c = classes(styles);
const GAP = 8;

export function Stage({ meeting, state, onLeave }: { readonly meeting: Meeting; readonly state: MeetingState; readonly onLeave: () => void }) {
  const { t } = useTranslation('meeting');
  const screens = state.tiles.filter((tile) => tile.kind === 'screen');
  const people = state.tiles.filter((tile) => tile.kind === 'person');
  useComings(people, state.phase);
  return (
    <Panel label={t('meeting')} look="stage">
      <div className={c('top')}>
        <Badge meeting={meeting} strangers={state.strangers} />
        <p className={c('soft')} role="status">
          {state.phase === 'joining' && t('joining')}
          {state.phase === 'reconnecting' && t('reconnecting')}
          {state.phase === 'in' && people.length === 1 && t('alone')}
        </p>
      </div>
      <Notes meeting={meeting} state={state} />
      <div className={c('tiles', screens.length > 0 && 'sharing')}>
        {screens.length > 0 && (
          <Fit count={screens.length} look="large">
            {(width) => screens.map((tile) => <TileView key={tile.key} tile={tile} width={width} />)}
          </Fit>
        )}
        <Fit count={people.length} look={screens.length > 0 ? 'strip' : 'large'}>
          {(width) => people.map((tile) => <TileView key={tile.key} tile={tile} width={width} />)}
        </Fit>
      </div>
      {state.tiles.map((tile) => tile.audio !== null && <Sound key={tile.key} track={tile.audio} />)}
      <Controls meeting={meeting} state={state} onLeave={onLeave} />
    </Panel>
  );
}

/** What is wrong just now, each with its remedy. */
function Notes({ meeting, state }: { readonly meeting: Meeting; readonly state: MeetingState }) {
  const { t } = useTranslation('meeting');
  const explain = useWhy();
  return (
    <div className={c('notes')}>
      {state.soundBlocked && (
        <Notice tone="warn" live actions={<Button onPress={() => void meeting.playSound()}>{t('play_sound')}</Button>}>
          {t('sound_blocked')}
        </Notice>
      )}
      {state.keyTrouble !== null && (
        <Notice tone="warn" live title={t('no_media_key')}>
          {explain(state.keyTrouble)}
        </Notice>
      )}
      {state.micSilent && (
        <Notice tone="warn" live>
          {t('mic_silent')}
        </Notice>
      )}
      {state.micTrouble !== null && <DeviceNotice device="mic" trouble={state.micTrouble} />}
      {state.camTrouble !== null && <DeviceNotice device="cam" trouble={state.camTrouble} />}
      {state.screenTrouble !== null && <DeviceNotice device="screen" trouble={state.screenTrouble} />}
    </div>
  );
}

/** Says who came and went, for those who do not see it. Not one's own coming, and not who was there before. */
function useComings(people: readonly Tile[], phase: MeetingState['phase']): void {
  const { t } = useTranslation('meeting');
  const names = useNames();
  const before = useRef<ReadonlyMap<string, string> | null>(null);
  useEffect(() => {
    if (phase !== 'in') return;
    const now = new Map(people.filter((tile) => !tile.me).map((tile) => [tile.key, names(tile)]));
    const was = before.current;
    before.current = now;
    if (was === null) return;
    for (const [key, name] of now) if (!was.has(key)) announce(t('came', { name }));
    for (const [key, name] of was) if (!now.has(key)) announce(t('went', { name }));
  });
}

/** Gives its children the width at which all of them fit. */
function Fit({ count, look, children }: { readonly count: number; readonly look: 'large' | 'strip'; readonly children: (width: number) => ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const watch = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
    };
  }, []);
  const width = look === 'strip' ? 0 : grid(count, size.width, size.height, GAP).width;
  return (
    <div ref={place} className={c('fit', look)}>
      {children(width)}
    </div>
  );
}
