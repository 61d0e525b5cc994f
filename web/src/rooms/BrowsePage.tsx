import { useCallback, useEffect, useRef, useState } from 'react';
import { Input, Label, SearchField } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { Page } from '../app/Page';
import { go } from '../app/route';
import { useSession } from '../app/SessionContext';
import { RoomFace } from '../people/RoomFace';
import type { Channel, RoomId } from '../session/api';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import fieldStyles from '../ui/Field.module.css';
import { Problem } from '../ui/Problem';
import { useReadable } from '../ui/useReadable';
import styles from './BrowsePage.module.css';

const c = classes(styles);
const f = classes(fieldStyles);
const PAGE = 50;
const WAIT_MS = 200;

/** Public channels of the authority: find one and come in. */
export function BrowsePage() {
  const { t } = useTranslation('rooms');
  const { settings, rooms } = useSession();
  const mine = useReadable(rooms);
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<{ readonly query: string; readonly channels: readonly Channel[]; readonly count: number }>();
  const [failure, setFailure] = useState<unknown>();
  const [joining, setJoining] = useState<RoomId>();
  /** Counts questions, so that a late answer does not replace a newer one. */
  const asked = useRef(0);

  const load = useCallback(
    async (wanted: string, before: readonly Channel[]) => {
      const round = ++asked.current;
      try {
        const { channels, count } = await settings.channels(wanted, before.length, PAGE);
        if (round !== asked.current) return;
        setFound({ query: wanted, channels: [...before, ...channels], count });
        setFailure(undefined);
      } catch (error) {
        if (round === asked.current) setFailure(error);
      }
    },
    [settings],
  );
  useEffect(() => {
    const wanted = query.trim();
    const timer = setTimeout(() => void load(wanted, []), wanted === '' ? 0 : WAIT_MS);
    return () => clearTimeout(timer);
  }, [load, query]);

  const join = async (channel: Channel) => {
    if (channel.member || mine.some((room) => room.id === channel.room)) {
      go({ name: 'room', room: channel.room });
      return;
    }
    setJoining(channel.room);
    setFailure(undefined);
    try {
      await settings.join(channel.room);
      go({ name: 'room', room: channel.room });
    } catch (error) {
      setFailure(error);
    }
    setJoining(undefined);
  };

  return (
    <Page title={t('browse.title')} lead={t('browse.lead')}>
      <SearchField className={f('field')} value={query} onChange={setQuery}>
        <Label className={f('label')}>{t('browse.find')}</Label>
        <Input className={f('input')} placeholder={t('browse.placeholder')} />
      </SearchField>
      {failure !== undefined && <Problem error={failure} />}
      <p role="status" className={c('about')}>
        {found === undefined
          ? failure === undefined && t('browse.loading')
          : found.count === 0
            ? t(found.query === '' ? 'browse.none' : 'browse.nothing')
            : t(found.query === '' ? 'browse.count' : 'browse.found', { count: found.count })}
      </p>
      {found !== undefined && (
        <ul className={c('channels')}>
          {found.channels.map((channel) => {
            const inside = channel.member || mine.some((room) => room.id === channel.room);
            return (
              <li key={channel.room} className={c('channel')}>
                <RoomFace room={{ id: channel.room, kind: 'channel', post: channel.post, picture: channel.picture }} large />
                <div className={c('words')}>
                  <h2 className={c('title')}>{channel.title}</h2>
                  {channel.topic !== '' && <p>{channel.topic}</p>}
                  <p className={c('about')}>
                    {[t('browse.people', { count: channel.count }), channel.post === 'moderator' && t('browse.announces')].filter(Boolean).join(' · ')}
                  </p>
                </div>
                <Button
                  look={inside ? 'secondary' : 'primary'}
                  aria-label={t(inside ? 'browse.openOne' : 'browse.joinOne', { title: channel.title })}
                  isPending={joining === channel.room}
                  onPress={() => void join(channel)}
                >
                  {t(inside ? 'browse.open' : 'browse.join')}
                </Button>
              </li>
            );
          })}
        </ul>
      )}
      {found !== undefined && found.channels.length < found.count && (
        <Button onPress={() => void load(found.query, found.channels)}>{t('browse.more')}</Button>
      )}
    </Page>
  );
}
