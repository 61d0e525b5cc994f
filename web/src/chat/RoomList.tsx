import { Hash, Plus, UsersRound, Video } from 'lucide-react';
import { lazy, Suspense, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { routeHref } from '../app/route';
import { useSession } from '../app/SessionContext';
import { useRoomTitle } from '../people/names';
import { PresenceDot } from '../people/PresenceDot';
import type { Member, Room, RoomId } from '../session/api';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { useReadable } from '../ui/useReadable';
import styles from './RoomList.module.css';

const c = classes(styles);
const loadNewRoom = () => import('./NewRoom');
const NewRoom = lazy(() => loadNewRoom().then((module) => ({ default: module.NewRoom })));
const KINDS = ['direct', 'group', 'channel'] as const;

/** One's rooms in groups, the newest first, and the way to a new one. */
export function RoomList({ open }: { readonly open: RoomId | undefined }) {
  const { t } = useTranslation('chat');
  const rooms = useReadable(useSession().rooms);
  const [making, setMaking] = useState(false);
  return (
    <>
      <div className={c('new')}>
        <Button icon={<Plus aria-hidden="true" />} onPress={() => setMaking(true)} onHoverStart={() => void loadNewRoom()} onFocus={() => void loadNewRoom()}>
          {t('new.open')}
        </Button>
      </div>
      <nav className={c('rooms')} aria-label={t('rooms.label')}>
        {rooms.length === 0 && <p className={c('empty')}>{t('rooms.empty')}</p>}
        {KINDS.map((kind) => {
          const those = rooms.filter((room) => room.kind === kind);
          return those.length === 0 ? null : <Group key={kind} title={t(`rooms.${kind}`)} rooms={those} open={open} />;
        })}
      </nav>
      {making && (
        <Suspense>
          <NewRoom onClose={() => setMaking(false)} />
        </Suspense>
      )}
    </>
  );
}

function Group({ title, rooms, open }: { readonly title: string; readonly rooms: readonly Room[]; readonly open: RoomId | undefined }) {
  const id = useId();
  return (
    <section className={c('group')} aria-labelledby={id}>
      <h2 id={id} className={c('heading')}>
        {title}
      </h2>
      <ul>
        {rooms.map((room) => (
          <Entry key={room.id} room={room} open={room.id === open} />
        ))}
      </ul>
    </section>
  );
}

function Face({ room, person, title, presence }: { readonly room: RoomId; readonly person: Member | undefined; readonly title: string; readonly presence: string }) {
  if (person === undefined) return <Avatar id={room} name={title} small />;
  return (
    <PresenceDot pid={person.pid} id={presence}>
      <Avatar id={person.pid} name={title} small />
    </PresenceDot>
  );
}

function Entry({ room, open }: { readonly room: Room; readonly open: boolean }) {
  const { t } = useTranslation('chat');
  const id = useId();
  const title = useRoomTitle()(room);
  const other = room.members.find((member) => !member.me);
  const person = room.kind === 'direct' ? other : undefined;
  const describedBy = [person !== undefined && `${id}-presence`, room.unread > 0 && `${id}-unread`, room.meeting !== null && `${id}-meeting`].filter(Boolean).join(' ');
  return (
    <li className={c('entry', open && 'open', room.unread > 0 && 'unread')}>
      <a
        href={routeHref({ name: 'room', room: room.id })}
        className={c('link')}
        aria-current={open ? 'page' : undefined}
        aria-describedby={describedBy === '' ? undefined : describedBy}
      >
        {room.kind === 'direct' ? (
          <Face room={room.id} person={person} title={title} presence={`${id}-presence`} />
        ) : (
          <span className={c('kind')}>{room.kind === 'channel' ? <Hash aria-hidden="true" /> : <UsersRound aria-hidden="true" />}</span>
        )}
        <span className={c('title')}>{title}</span>
      </a>
      <span className={c('marks')}>
        {room.meeting !== null && (
          <span id={`${id}-meeting`} className={c('meeting')}>
            <Video aria-hidden="true" />
            <span className="hidden-text">{t('rooms.meeting', { count: room.meeting.people.length })}</span>
          </span>
        )}
        {room.unread > 0 && (
          <span id={`${id}-unread`} className={c('badge')}>
            <span aria-hidden="true">{room.unread > 99 ? '99+' : room.unread}</span>
            <span className="hidden-text">{t('rooms.unread', { count: room.unread })}</span>
          </span>
        )}
      </span>
    </li>
  );
}
