import { BellOff, Compass, Ellipsis, Plus, Video } from 'lucide-react';
import { lazy, Suspense, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { loadTexts } from '../app/i18n';
import { routeHref } from '../app/route';
import { useSession } from '../app/SessionContext';
import { useRoomTitle } from '../people/names';
import { PresenceDot } from '../people/PresenceDot';
import { RoomFace } from '../people/RoomFace';
import type { Member, Room, RoomId } from '../session/api';
import { Avatar } from '../ui/Avatar';
import { Button, IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { useReadable } from '../ui/useReadable';
import styles from './RoomList.module.css';

const c = classes(styles);
const loadNewRoom = async () => (await Promise.all([import('../rooms/NewRoom'), loadTexts('rooms')]))[0];
const NewRoom = lazy(() => loadNewRoom().then((module) => ({ default: module.NewRoom })));
const loadMenu = async () => (await Promise.all([import('../rooms/RoomMenu'), loadTexts('rooms')]))[0];
const RoomMenu = lazy(() => loadMenu().then((module) => ({ default: module.RoomMenu })));
const GROUPS = ['pinned', 'direct', 'group', 'channel'] as const;

/** Where in the list a room stands. */
function groupOf(room: Room): (typeof GROUPS)[number] | 'archived' {
  return room.archived ? 'archived' : room.pinned ? 'pinned' : room.kind;
}

/** One's rooms in groups, the newest first, and the ways to others. */
export function RoomList({ open, browsing }: { readonly open: RoomId | undefined; readonly browsing: boolean }) {
  const { t } = useTranslation('chat');
  const rooms = useReadable(useSession().rooms);
  const [making, setMaking] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const archived = rooms.filter((room) => groupOf(room) === 'archived');
  return (
    <>
      <div className={c('new')}>
        <Button icon={<Plus aria-hidden="true" />} onPress={() => setMaking(true)} onHoverStart={() => void loadNewRoom()} onFocus={() => void loadNewRoom()}>
          {t('new.open')}
        </Button>
      </div>
      <nav className={c('rooms')} aria-label={t('rooms.label')}>
        <a className={c('browse')} href={routeHref({ name: 'channels' })} aria-current={browsing ? 'page' : undefined}>
          <Compass aria-hidden="true" />
          {t('rooms.browse')}
        </a>
        {rooms.length === 0 && <p className={c('empty')}>{t('rooms.empty')}</p>}
        {failure !== undefined && <Problem error={failure} />}
        {GROUPS.map((group) => (
          <Group key={group} title={t(`rooms.${group}`)} rooms={rooms.filter((room) => groupOf(room) === group)} open={open} onFailure={setFailure} />
        ))}
        {archived.length > 0 && (
          <details className={c('group')} open={archived.some((room) => room.id === open) || undefined}>
            <summary className={c('heading')}>{t('rooms.archived', { count: archived.length })}</summary>
            <Entries rooms={archived} open={open} onFailure={setFailure} />
          </details>
        )}
      </nav>
      {making && (
        <Suspense>
          <NewRoom onClose={() => setMaking(false)} />
        </Suspense>
      )}
    </>
  );
}

interface Those {
  readonly rooms: readonly Room[];
  readonly open: RoomId | undefined;
  readonly onFailure: (error: unknown) => void;
}

function Group({ title, ...those }: Those & { readonly title: string }) {
  const id = useId();
  if (those.rooms.length === 0) return null;
  return (
    <section className={c('group')} aria-labelledby={id}>
      <h2 id={id} className={c('heading')}>
        {title}
      </h2>
      <Entries {...those} />
    </section>
  );
}

function Entries({ rooms, open, onFailure }: Those) {
  return (
    <ul>
      {rooms.map((room) => (
        <Entry key={room.id} room={room} open={room.id === open} onFailure={onFailure} />
      ))}
    </ul>
  );
}

function Face({ room, person, title, presence }: { readonly room: Room; readonly person: Member | undefined; readonly title: string; readonly presence: string }) {
  if (room.kind !== 'direct') return <RoomFace room={room} />;
  if (person === undefined) return <Avatar id={room.id} name={title} small />;
  return (
    <PresenceDot pid={person.pid} id={presence}>
      <Avatar id={person.pid} name={title} small />
    </PresenceDot>
  );
}

function Entry({ room, open, onFailure }: { readonly room: Room; readonly open: boolean; readonly onFailure: (error: unknown) => void }) {
  const { t } = useTranslation('chat');
  const id = useId();
  const title = useRoomTitle()(room);
  const person = room.kind === 'direct' ? room.members.find((member) => !member.me) : undefined;
  const status = person?.status ?? '';
  const described = {
    presence: person !== undefined,
    status: status !== '',
    unread: room.unread > 0,
    mentions: room.mentions > 0,
    meeting: room.meeting !== null,
    muted: room.notify === 'none',
  };
  const describedBy = Object.entries(described).filter(([, is]) => is).map(([what]) => `${id}-${what}`).join(' ');
  const [choosing, setChoosing] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  return (
    <li className={c('entry', open && 'open', room.unread > 0 && room.notify !== 'none' && 'unread', room.notify === 'none' && 'muted')}>
      <a
        href={routeHref({ name: 'room', room: room.id })}
        className={c('link')}
        aria-current={open ? 'page' : undefined}
        aria-describedby={describedBy === '' ? undefined : describedBy}
        onContextMenu={(event) => {
          event.preventDefault();
          setChoosing(true);
        }}
      >
        <Face room={room} person={person} title={title} presence={`${id}-presence`} />
        <span className={c('words')}>
          <span className={c('title')}>{title}</span>
          {status !== '' && (
            <span id={`${id}-status`} className={c('status')} aria-hidden="true">
              {status}
            </span>
          )}
        </span>
      </a>
      <span className={c('marks')}>
        {room.notify === 'none' && (
          <span className={c('sign')}>
            <BellOff aria-hidden="true" />
            <span id={`${id}-muted`} className="hidden-text">
              {t('rooms.muted')}
            </span>
          </span>
        )}
        {room.meeting !== null && (
          <span id={`${id}-meeting`} className={c('meeting')}>
            <Video aria-hidden="true" />
            <span className="hidden-text">{t('rooms.meeting', { count: room.meeting.people.length })}</span>
          </span>
        )}
        {room.mentions > 0 && (
          <span id={`${id}-mentions`} className={c('badge', 'mention')}>
            <span aria-hidden="true">@{room.mentions > 99 ? '99+' : room.mentions}</span>
            <span className="hidden-text">{t('rooms.mentions', { count: room.mentions })}</span>
          </span>
        )}
        {room.unread > 0 && (
          <span id={`${id}-unread`} className={c('badge')}>
            <span aria-hidden="true">{room.unread > 99 ? '99+' : room.unread}</span>
            <span className="hidden-text">{t('rooms.unread', { count: room.unread })}</span>
          </span>
        )}
      </span>
      <span ref={place} className={c('menu')}>
        <IconButton
          small
          label={t('rooms.menu', { title })}
          aria-haspopup="menu"
          aria-expanded={choosing}
          onPress={() => setChoosing(true)}
          onHoverStart={() => void loadMenu()}
          onFocus={() => void loadMenu()}
        >
          <Ellipsis aria-hidden="true" />
        </IconButton>
      </span>
      {choosing && (
        <Suspense>
          <RoomMenu room={room} place={place} onClose={() => setChoosing(false)} onFailure={onFailure} />
        </Suspense>
      )}
    </li>
  );
}
