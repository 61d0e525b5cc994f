import i18next from 'i18next';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { RoomList } from '../chat/RoomList';
import { RoomScreen } from '../chat/RoomScreen';
import { ReportsPage } from '../moderation/later';
import { useSearchAsked } from '../search/opening';
import { badge } from '../notices/badge';
import { wantedOf } from '../notices/wanted';
import type { RoomId, Session } from '../session/api';
import { classes } from '../ui/classes';
import { useReadable } from '../ui/useReadable';
import { Banner } from './Banner';
import { Brand } from './Brand';
import { FirstNotice } from './FirstNotice';
import { loadTexts, switchLanguage } from './i18n';
import { NewVersion } from './NewVersion';
import { go, useRoute } from './route';
import { SessionProvider } from './SessionContext';
import styles from './Shell.module.css';

const c = classes(styles);

const DevicesPage = lazy(() => import('../people/DevicesPage').then((module) => ({ default: module.DevicesPage })));
/** Beside the chat, not of it: what reads and writes messages is there first. */
const Finder = lazy(() => import('../people/Finder').then((module) => ({ default: module.Finder })));
const MeMenu = lazy(() => import('./MeMenu').then((module) => ({ default: module.MeMenu })));
const BrowsePage = lazy(async () => {
  const [module] = await Promise.all([import('../rooms/BrowsePage'), loadTexts('rooms')]);
  return { default: module.BrowsePage };
});
const SettingsPage = lazy(async () => {
  const [module] = await Promise.all([import('../settings/SettingsPage'), loadTexts('settings')]);
  return { default: module.SettingsPage };
});
const Welcome = lazy(() => import('./Welcome').then((module) => ({ default: module.Welcome })));
const FlowsPage = lazy(async () => {
  const [module] = await Promise.all([import('../flows/FlowsPage'), loadTexts('flows')]);
  return { default: module.FlowsPage };
});
const SearchPanel = lazy(async () => {
  const [module] = await Promise.all([import('../search/SearchPanel'), loadTexts('search')]);
  return { default: module.SearchPanel };
});
const CallsPage = lazy(async () => {
  const [module] = await Promise.all([import('../calls/CallsPage'), loadTexts('calls')]);
  return { default: module.CallsPage };
});
/** Calls and notices: they come after what one reads and writes. */
const Attention = lazy(async () => {
  const [module] = await Promise.all([import('../notices/Attention'), loadTexts('calls'), loadTexts('notices')]);
  return { default: module.Attention };
});
const Offer = lazy(async () => {
  const [module] = await Promise.all([import('../notices/Offer'), loadTexts('notices')]);
  return { default: module.Offer };
});
const MeetingPanel = lazy(async () => {
  const [module] = await Promise.all([import('../meeting/index'), loadTexts('meeting')]);
  return { default: module.MeetingPanel };
});

/** Why a session ended without being asked to; `null` when the person signed out. */
export type Ending = 'signed_out' | 'revoked' | null;

/** The language that the person chose, on whichever device, unless the address asks for another. */
function useOwnLanguage(session: Session): void {
  const { language } = useReadable(session.settings.own);
  useEffect(() => {
    const asked = new URLSearchParams(location.search).has('lang');
    if (language !== '' && !asked && language !== i18next.language) void switchLanguage(language);
  }, [language]);
}

/** The signed-in screen: rooms to the left, what is open in the middle. A meeting stays while one looks into other rooms. */
export function Shell({ session, onEnd }: { readonly session: Session; readonly onEnd: (session: Session, ended: Ending) => void }) {
  const { t } = useTranslation('app');
  const route = useRoute();
  const rooms = useReadable(session.rooms);
  const connection = useReadable(session.connection);
  const offered = useReadable(wantedOf(session));
  const [meeting, setMeeting] = useState<RoomId | null>(null);
  /** The meeting is a call: it is entered without a look in the mirror. */
  const [called, setCalled] = useState(false);
  const meet = useCallback((of: RoomId | null, atOnce: boolean) => {
    setMeeting(of);
    setCalled(atOnce);
  }, []);
  const searching = useSearchAsked();
  /** The person signs out here: nothing has to be explained at the door. */
  const leaving = useRef(false);

  useEffect(() => {
    if (connection === 'signed_out' || connection === 'revoked') onEnd(session, leaving.current ? null : connection);
  }, [connection, session, onEnd]);

  useEffect(() => {
    const close = () => session.close();
    addEventListener('pagehide', close);
    return () => removeEventListener('pagehide', close);
  }, [session]);

  const signOut = useCallback(async () => {
    leaving.current = true;
    try {
      await session.signOut();
    } finally {
      go({ name: 'start' });
      onEnd(session, null);
    }
  }, [session, onEnd]);

  const room = route.name === 'room' ? rooms.find((one) => one.id === route.room) : undefined;
  const meetingRoom = rooms.find((one) => one.id === meeting);
  const access = useMemo(() => (meeting === null ? null : session.meeting(meeting)), [session, meeting]);
  const unread = badge(rooms);
  const title = room?.title ?? '';
  useEffect(() => {
    document.title = [unread > 0 ? `(${unread})` : '', title, t('product')].filter(Boolean).join(' ');
  }, [unread, title, t]);

  useOwnLanguage(session);
  return (
    <SessionProvider value={session}>
      <Suspense>
        <Attention
          room={room?.id ?? null}
          meeting={meeting}
          onMeet={(of) => {
            meet(of, true);
            go({ name: 'room', room: of });
          }}
          onLeave={() => meet(null, false)}
        />
      </Suspense>
      <div className={c('shell', route.name === 'start' && meetingRoom === undefined && searching === null ? 'listFirst' : 'mainFirst')}>
        <div className={c('side')}>
          <header className={c('head')}>
            <Brand />
            <span className={c('authority')}>{session.authority}</span>
            {route.name === 'start' && <h1 className="hidden-text">{t('product')}</h1>}
          </header>
          <Suspense fallback={<div className={c('finder')} />}>
            <Finder />
          </Suspense>
          <RoomList open={room?.id} browsing={route.name === 'channels'} />
          <footer className={c('foot')}>
            <Suspense>
              <MeMenu onSignOut={signOut} />
            </Suspense>
          </footer>
        </div>
        <main className={c('main')}>
          <Banner />
          <NewVersion inMeeting={meeting !== null} />
          {offered && (
            <Suspense>
              <Offer />
            </Suspense>
          )}
          <div className={c('firstNotice')}>
            <FirstNotice />
          </div>
          <div className={c('stage', meetingRoom !== undefined && 'withMeeting', searching !== null && 'withSearch')}>
            {meetingRoom !== undefined && access !== null && (
              <section className={c('meeting')} aria-label={t('meeting')}>
                <Suspense fallback={<p className={c('wait')}>{t('loading')}</p>}>
                  <MeetingPanel
                    key={meetingRoom.id}
                    access={access}
                    room={meetingRoom}
                    atOnce={called}
                    onClose={() => meet(null, false)}
                  />
                </Suspense>
              </section>
            )}
            <div className={c('content')}>
              <Suspense fallback={<p className={c('wait')}>{t('loading')}</p>}>
                {route.name === 'room' && (
                  <RoomScreen key={route.room} room={room} at={route.at} inMeeting={meeting === route.room} onMeet={() => meet(route.room, false)} />
                )}
                {route.name === 'channels' && <BrowsePage />}
                {route.name === 'settings' && <SettingsPage />}
                {route.name === 'reports' && <ReportsPage />}
                {route.name === 'devices' && <DevicesPage />}
                {route.name === 'calls' && <CallsPage />}
                {route.name === 'flows' && <FlowsPage />}
                {route.name === 'start' && <Welcome />}
              </Suspense>
            </div>
            {searching !== null && (
              <div className={c('search')}>
                <Suspense fallback={<p className={c('wait')}>{t('loading')}</p>}>
                  <SearchPanel asked={searching} />
                </Suspense>
              </div>
            )}
          </div>
        </main>
      </div>
    </SessionProvider>
  );
}
