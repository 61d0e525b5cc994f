import { Phone, PhoneIncoming, PhoneMissed, PhoneOutgoing } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { Page } from '../app/Page';
import { routeHref } from '../app/route';
import { useSession } from '../app/SessionContext';
import { usePersonName, useRoomTitle } from '../people/names';
import type { Message, Room } from '../session/api';
import { IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { useReadable } from '../ui/useReadable';
import { callable } from './callable';
import styles from './CallsPage.module.css';
import { ringingOf } from './ringingOf';

const c = classes(styles);
/** Several things come at once. */
const SOON_MS = 50;

/** What rang, newest first: missed calls stand out, and each can be called back. */
export function CallsPage() {
  const { t } = useTranslation('calls');
  const session = useSession();
  const rings = useReadable(ringingOf(session).rings);
  const rooms = useReadable(session.rooms);
  const [calls, setCalls] = useState<readonly Message[]>();
  /** Changes when a ring ends, and when a room's newest message does: what came while this device was off is fetched after the start. */
  const newest = rooms.reduce((last, { lastAt }) => Math.max(last, lastAt), 0);
  useEffect(() => {
    let shown = true;
    const soon = setTimeout(() => {
      void session.calls.list().then((list) => {
        if (shown) setCalls(list);
      });
    }, SOON_MS);
    return () => {
      shown = false;
      clearTimeout(soon);
    };
  }, [session, rings, newest]);

  return (
    <Page title={t('page.title')} lead={t('page.lead')}>
      {calls === undefined && <p role="status">{t('page.loading')}</p>}
      {calls?.length === 0 && (
        <div className={c('empty')}>
          <p>{t('page.empty')}</p>
          <p className={c('soft')}>{t('page.emptyNext')}</p>
        </div>
      )}
      {calls !== undefined && calls.length > 0 && (
        <ul className={c('calls')}>
          {calls.map((call) => {
            const room = rooms.find(({ id }) => id === call.room);
            return room === undefined ? null : <CallLine key={call.id} call={call} room={room} />;
          })}
        </ul>
      )}
    </Page>
  );
}

function CallLine({ call, room }: { readonly call: Message; readonly room: Room }) {
  const { t } = useTranslation('calls');
  const session = useSession();
  const personName = usePersonName();
  const title = useRoomTitle()(room);
  const state = call.call?.state ?? 'missed';
  const missed = !call.mine && (state === 'missed' || state === 'cancelled');
  const Icon = call.mine ? PhoneOutgoing : missed ? PhoneMissed : PhoneIncoming;
  const when = new Intl.DateTimeFormat(languageTag(), { dateStyle: 'medium', timeStyle: 'short' }).format(call.sentAt);
  const name = call.mine || room.kind === 'direct' ? title : personName(call.author, room);
  return (
    <li className={c('call', missed && 'missed')}>
      <Icon className={c('icon')} aria-hidden="true" />
      <div className={c('what')}>
        <a href={routeHref({ name: 'room', room: room.id })}>{room.kind === 'direct' || call.mine ? name : `${name} · ${title}`}</a>
        <span className={c('soft')}>
          {t(`page.${call.mine ? 'out' : 'in'}.${state}`)} · <time dateTime={new Date(call.sentAt).toISOString()}>{when}</time>
        </span>
      </div>
      {callable(room) && (
        <IconButton label={t('page.back', { name: title })} isDisabled={room.meeting !== null} onPress={() => void ringingOf(session).call(room)}>
          <Phone aria-hidden="true" />
        </IconButton>
      )}
    </li>
  );
}
