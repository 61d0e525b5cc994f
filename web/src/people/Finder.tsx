import { Compass, Search, Settings, TextSearch } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { ComboBox, Header, Input, type Key, ListBox, ListBoxItem, ListBoxSection, Popover, Text } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { go } from '../app/route';
import { useSession } from '../app/SessionContext';
import { openSearch } from '../search/opening';
import type { Channel, Pid, RoomId } from '../session/api';
import { Avatar } from '../ui/Avatar';
import { classes } from '../ui/classes';
import menuStyles from '../ui/Menu.module.css';
import { Problem, useExplain, codeOf } from '../ui/Problem';
import { keepPageReadable } from '../ui/readablePage';
import { useReadable } from '../ui/useReadable';
import styles from './Finder.module.css';
import { RoomFace } from './RoomFace';
import { about, usePersonName, useRoomTitle } from './names';
import { usePeopleSearch } from './usePeopleSearch';

const c = classes(styles);
const m = classes(menuStyles);
const ROOMS_SHOWN = 8;
const CHANNELS_SHOWN = 5;
const CHANNELS_WAIT_MS = 200;
/** Pages that one may jump to by their name. */
const PAGES = ['channels', 'settings'] as const;
/** Not an id: what was typed is looked for in messages. */
const MESSAGES = 'messages';

/** Public channels that the person is not in and whose name or topic fits. What home cannot say now is left out. */
function useChannels(query: string): readonly Channel[] {
  const { settings } = useSession();
  const [found, setFound] = useState<{ readonly words: string; readonly channels: readonly Channel[] }>({ words: '', channels: [] });
  const words = query.trim();
  useEffect(() => {
    if (words === '') return;
    let current = true;
    const ask = async () => {
      const { channels } = await settings.channels(words, 0, CHANNELS_SHOWN);
      if (current) setFound({ words, channels: channels.filter((channel) => !channel.member) });
    };
    const timer = setTimeout(() => void ask().catch(() => undefined), CHANNELS_WAIT_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [settings, words]);
  return found.words === words ? found.channels : [];
}

/** Jumps to a room, starts a direct message with a person, or looks for what was typed in messages. Ctrl+K (Cmd+K) puts the cursor here from anywhere. */
export function Finder() {
  const { t, i18n } = useTranslation('people');
  const session = useSession();
  const rooms = useReadable(session.rooms);
  const roomTitle = useRoomTitle();
  const personName = usePersonName();
  const explain = useExplain();
  const input = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const found = usePeopleSearch(query);
  const channels = useChannels(query);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const words = query.trim().toLocaleLowerCase(i18n.language);
  const fits = (text: string) => words !== '' && text.toLocaleLowerCase(i18n.language).includes(words);
  const matching = rooms.filter((room) => room.kind !== 'direct' && fits(roomTitle(room))).slice(0, ROOMS_SHOWN);
  const pages = PAGES.filter((name) => fits(t(`find.${name}`)));

  const choose = async (key: Key | null) => {
    if (key === null) return;
    if (key === MESSAGES) openSearch(query.trim());
    setQuery('');
    setFailure(undefined);
    input.current?.blur();
    const id = String(key);
    if (id === MESSAGES) return;
    const page = PAGES.find((name) => name === id);
    if (page !== undefined) {
      go({ name: page });
      return;
    }
    try {
      if (channels.some((channel) => channel.room === id)) await session.settings.join(id as RoomId);
      go({ name: 'room', room: id.startsWith('r_') ? (id as RoomId) : await session.createRoom('direct', '', [id as Pid]) });
    } catch (error) {
      setFailure(error);
    }
  };

  return (
    <search className={c('finder')}>
      <ComboBox
        aria-label={t('find.label')}
        className={c('box')}
        inputValue={query}
        onInputChange={setQuery}
        value={null}
        onChange={(key) => void choose(key)}
        defaultFilter={() => true}
        allowsEmptyCollection={words !== ''}
        menuTrigger="input"
        onOpenChange={(open) => keepPageReadable(input.current, open)}
      >
        <Search className={c('icon')} aria-hidden="true" />
        <Input ref={input} className={c('input')} placeholder={t('find.placeholder')} aria-keyshortcuts="Control+K Meta+K" />
        <Popover className={m('popover')} offset={4}>
          {words !== '' && found.people.length === 0 && (found.error !== undefined || (matching.length === 0 && channels.length === 0 && pages.length === 0)) && (
            <p className={m('empty')} role="status">
              {found.error !== undefined ? explain(codeOf(found.error)) : t(found.busy ? 'find.busy' : 'find.nothing')}
            </p>
          )}
          <ListBox className={m('menu')} aria-label={t('find.results')}>
            {matching.length > 0 && (
              <ListBoxSection id="rooms">
                <Header className={m('heading')}>{t('find.rooms')}</Header>
                {matching.map((room) => (
                  <ListBoxItem key={room.id} id={room.id} textValue={roomTitle(room)} className={m('item')}>
                    <RoomFace room={room} />
                    <Text slot="label" className={m('grow', 'name')}>
                      {roomTitle(room)}
                    </Text>
                  </ListBoxItem>
                ))}
              </ListBoxSection>
            )}
            {channels.length > 0 && (
              <ListBoxSection id="join">
                <Header className={m('heading')}>{t('find.join')}</Header>
                {channels.map((channel) => (
                  <ListBoxItem key={channel.room} id={channel.room} textValue={channel.title} className={m('item')}>
                    <RoomFace room={{ id: channel.room, kind: 'channel', post: channel.post, picture: channel.picture }} />
                    <span className={m('grow')}>
                      <Text slot="label" className={m('name')}>
                        {channel.title}
                      </Text>
                      {channel.topic !== '' && (
                        <Text slot="description" className={m('about')}>
                          {channel.topic}
                        </Text>
                      )}
                    </span>
                  </ListBoxItem>
                ))}
              </ListBoxSection>
            )}
            {found.people.length > 0 && (
              <ListBoxSection id="people">
                <Header className={m('heading')}>{t('find.people')}</Header>
                {found.people.map((person) => (
                  <ListBoxItem key={person.pid} id={person.pid} textValue={personName(person)} className={m('item')}>
                    <Avatar id={person.pid} name={personName(person)} small />
                    <span className={m('grow')}>
                      <Text slot="label" className={m('name')}>
                        {personName(person)}
                      </Text>
                      <Text slot="description" className={m('about')}>
                        {about(person)}
                      </Text>
                    </span>
                  </ListBoxItem>
                ))}
              </ListBoxSection>
            )}
            {pages.length > 0 && (
              <ListBoxSection id="pages">
                <Header className={m('heading')}>{t('find.pages')}</Header>
                {pages.map((name) => (
                  <ListBoxItem key={name} id={name} textValue={t(`find.${name}`)} className={m('item')}>
                    {name === 'channels' ? <Compass aria-hidden="true" /> : <Settings aria-hidden="true" />}
                    <Text slot="label" className={m('grow', 'name')}>
                      {t(`find.${name}`)}
                    </Text>
                  </ListBoxItem>
                ))}
              </ListBoxSection>
            )}
            {words !== '' && (
              <ListBoxItem id={MESSAGES} textValue={t('find.messages', { text: query.trim() })} className={m('item')}>
                <TextSearch aria-hidden="true" />
                <Text slot="label" className={m('grow', 'name')}>
                  {t('find.messages', { text: query.trim() })}
                </Text>
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </ComboBox>
      {failure !== undefined && <Problem error={failure} />}
    </search>
  );
}
