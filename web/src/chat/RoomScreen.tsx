import { ArrowLeft, Lock, Search, Settings, Users, Video } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { loadTexts } from '../app/i18n';
import { routeHref } from '../app/route';
import { useSession } from '../app/SessionContext';
import { useRoomTitle } from '../people/names';
import { usePresence } from '../people/PresenceDot';
import { RoomFace } from '../people/RoomFace';
import type { Member, MsgId, Room, RoomId, RoomModel } from '../session/api';
import { openSearch } from '../search/opening';
import { Button, IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { Notice } from '../ui/Notice';
import { useExplain } from '../ui/Problem';
import { useReadable } from '../ui/useReadable';
import { Conversation } from './Conversation';
import { boxOf } from './drafts';
import type { PanelName } from './Panel';
import { RoomProvider, type RoomView } from './RoomContext';
import styles from './RoomScreen.module.css';
import { TypingLine } from './TypingLine';

const c = classes(styles);
const CallButton = lazy(async () => {
  const [module] = await Promise.all([import('../calls/CallButton'), loadTexts('calls')]);
  return { default: module.CallButton };
});
const Panel = lazy(() => import('./Panel').then((module) => ({ default: module.Panel })));
const Ownerless = lazy(async () => {
  const [module] = await Promise.all([import('../rooms/Ownerless'), loadTexts('rooms')]);
  return { default: module.Ownerless };
});

/** The open room's model; closed when the screen goes. */
function useRoomModel(id: RoomId | undefined): RoomModel | null {
  const session = useSession();
  const [model, setModel] = useState<RoomModel | null>(null);
  useEffect(() => {
    if (id === undefined) return;
    const opened = session.openRoom(id);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- what this effect opens arrives as state
    setModel(opened);
    return () => {
      setModel(null);
      opened.close();
    };
  }, [session, id]);
  return model;
}

/** A room: its head, what was said, and where to write. */
export function RoomScreen({
  room,
  at,
  inMeeting,
  onMeet,
}: {
  /** `undefined` while rooms load, or when it is none of one's own. */
  readonly room: Room | undefined;
  /** The message to show, as a link or a search led to it. */
  readonly at?: MsgId | undefined;
  readonly inMeeting: boolean;
  readonly onMeet: () => void;
}) {
  const { t } = useTranslation('chat');
  const explain = useExplain();
  const session = useSession();
  const connection = useReadable(session.connection);
  const model = useRoomModel(room?.id);
  const [panel, setPanel] = useState<PanelName | null>(null);
  const [thread, setThread] = useState<MsgId | null>(null);
  const [shown, setShown] = useState<{ readonly id: MsgId } | null>(null);
  const [asked, setAsked] = useState<MsgId | undefined>(undefined);
  if (at !== asked) {
    setAsked(at);
    if (at !== undefined) setShown({ id: at });
  }
  /** What opened the panel, and gets the focus back. */
  const [opener, setOpener] = useState<HTMLElement | null>(null);
  const openThread = useCallback((root: MsgId) => {
    if (document.activeElement instanceof HTMLElement) setOpener(document.activeElement);
    setThread(root);
    setPanel('thread');
  }, []);
  const jump = useCallback((id: MsgId) => setShown({ id }), []);
  const older = useMemo(() => (model === null ? () => Promise.resolve() : () => model.older()), [model]);
  const view = useMemo(
    (): RoomView | null =>
      model === null || room === undefined ? null : { room, model, me: session.me.pid, source: model.timeline, thread: null, box: boxOf(session, room.id), openThread, jump },
    [room, model, session, openThread, jump],
  );

  if (room === undefined) {
    return (
      <div className={c('absent')}>
        <p role="status">{connection === 'starting' ? t('room.loading') : t('room.absent')}</p>
        {connection !== 'starting' && <a href={routeHref({ name: 'start' })}>{t('room.back')}</a>}
      </div>
    );
  }
  const close = () => {
    setPanel(null);
    opener?.focus();
  };
  const toggle = (name: PanelName) => {
    if (panel === name) {
      close();
      return;
    }
    if (document.activeElement instanceof HTMLElement) setOpener(document.activeElement);
    setPanel(name);
  };
  return (
    <div className={c('screen', panel !== null && 'withPanel')}>
      <div className={c('room')}>
        <Head room={room} panel={panel} onPanel={toggle} inMeeting={inMeeting} onMeet={onMeet} />
        {room.mayOwn && (
          <Suspense>
            <Ownerless room={room} />
          </Suspense>
        )}
        {view === null ? (
          <div className={c('filler')} aria-busy="true" />
        ) : (
          <RoomProvider value={view}>
            <Conversation older={older} at={shown}>
              <TypingLine model={view.model} room={room} />
              {room.trouble !== null && (
                <div className={c('trouble')}>
                  <Notice tone="danger" live title={t('trouble.title')}>
                    {explain(room.trouble)} <small>{t('trouble.code', { code: room.trouble })}</small>
                  </Notice>
                </div>
              )}
            </Conversation>
          </RoomProvider>
        )}
      </div>
      {panel !== null && (
        <Suspense>
          <Panel name={panel} room={room} onClose={close} view={view} thread={thread} />
        </Suspense>
      )}
    </div>
  );
}

/** How present the other one of a direct message is, and what they say of themself. */
function PresenceLine({ member: { pid, status = '' } }: { readonly member: Member }) {
  const { t } = useTranslation('people');
  return <p className={c('about')}>{[t(`presence.${usePresence(pid)}`), status].filter((part) => part !== '').join(' · ')}</p>;
}

function Head({
  room,
  panel,
  onPanel,
  inMeeting,
  onMeet,
}: {
  readonly room: Room;
  readonly panel: PanelName | null;
  readonly onPanel: (name: PanelName) => void;
  readonly inMeeting: boolean;
  readonly onMeet: () => void;
}) {
  const { t } = useTranslation('chat');
  const title = useRoomTitle()(room);
  const people = room.meeting?.people.length ?? 0;
  const other = room.kind === 'direct' ? room.members.find((member) => !member.me) : undefined;
  return (
    <header className={c('head')}>
      <a className={c('back')} href={routeHref({ name: 'start' })} aria-label={t('room.back')}>
        <ArrowLeft aria-hidden="true" />
      </a>
      {room.picture !== null && <RoomFace room={room} large />}
      <div className={c('names')}>
        <h1 className={c('title')}>{title}</h1>
        {room.kind !== 'direct' && (
          <p className={c('about')} title={room.topic === '' ? undefined : room.topic}>
            {[t('room.people', { count: room.count }), room.topic].filter((part) => part !== '').join(' · ')}
          </p>
        )}
        {other !== undefined && <PresenceLine member={other} />}
      </div>
      <div className={c('actions')}>
        <IconButton label={t('search')} onPress={() => openSearch('', room.id)}>
          <Search aria-hidden="true" />
        </IconButton>
        <IconButton label={t('privacy.open')} aria-expanded={panel === 'privacy'} onPress={() => onPanel('privacy')}>
          <Lock aria-hidden="true" />
        </IconButton>
        <IconButton label={t('members.open', { count: room.count })} aria-expanded={panel === 'members'} onPress={() => onPanel('members')}>
          <Users aria-hidden="true" />
        </IconButton>
        {room.kind !== 'direct' && (
          <IconButton label={t('settings.open')} aria-expanded={panel === 'settings'} onPress={() => onPanel('settings')}>
            <Settings aria-hidden="true" />
          </IconButton>
        )}
        <Suspense>
          <CallButton room={room} isDisabled={inMeeting} />
        </Suspense>
        <Button look="primary" icon={<Video aria-hidden="true" />} isDisabled={inMeeting || room.archived} onPress={onMeet}>
          {inMeeting ? t('meet.inside') : people > 0 ? t('meet.join', { count: people }) : t('meet.now')}
        </Button>
      </div>
    </header>
  );
}
