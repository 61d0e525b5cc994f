import { Phone, PhoneMissed, PhoneOff, PhoneOutgoing, Video, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { useSession } from '../app/SessionContext';
import { usePersonName, useRoomTitle } from '../people/names';
import type { Room } from '../session/api';
import { announce } from '../ui/announce';
import { Button, CloseButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { useReadable } from '../ui/useReadable';
import type { Ring } from './ringing';
import { ringingOf } from './ringingOf';
import styles from './Rings.module.css';

const c = classes(styles);

/** What one is doing now that the focus must not be taken from. */
function writing(): boolean {
  const at = document.activeElement;
  return at instanceof HTMLElement && (at.isContentEditable || at.matches('input, textarea, select, [role="textbox"]'));
}

/** Calls that come and go, above everything else. */
export function Rings({ busy, onMeet }: { /** The person is in a meeting. */ readonly busy: boolean; readonly onMeet: (room: Room) => void }) {
  const session = useSession();
  const ringing = ringingOf(session);
  const rings = useReadable(ringing.rings);
  const failure = useReadable(ringing.failure);
  const rooms = useReadable(session.rooms);
  const { t } = useTranslation('calls');
  if (rings.length === 0 && failure === undefined) return null;
  return (
    <section className={c('rings')} aria-label={t('title')}>
      {failure !== undefined && (
        <div className={c('card')}>
          <Problem error={failure} />
          <CloseButton label={t('close')} onPress={() => ringing.forgive()} />
        </div>
      )}
      {rings.map((ring) => {
        const room = rooms.find(({ id }) => id === ring.room);
        return room === undefined ? null : <Card key={ring.id} ring={ring} room={room} busy={busy} onMeet={onMeet} />;
      })}
    </section>
  );
}

function Card({ ring, room, busy, onMeet }: { readonly ring: Ring; readonly room: Room; readonly busy: boolean; readonly onMeet: (room: Room) => void }) {
  const { t } = useTranslation('calls');
  const ringing = ringingOf(useSession());
  const personName = usePersonName();
  const title = useRoomTitle()(room);
  const card = useRef<HTMLDivElement>(null);
  const name = personName(ring.from, room);
  const time = new Intl.DateTimeFormat(languageTag(), { timeStyle: 'short' }).format(ring.at);
  const who = { name: ring.mine ? title : name, room: title, time };
  const incoming = !ring.mine && ring.state === 'ringing';
  const kind = ring.mine ? `mine.${ring.state}` : room.kind === 'direct' ? `theirs.${ring.state}` : `group.${ring.state}`;
  const words = t(kind, who);

  useEffect(() => {
    announce(incoming ? t('hear', { words }) : words);
  }, [incoming, words, t]);
  useEffect(() => {
    if (!incoming) return undefined;
    const toAnswer = (): void => card.current?.querySelector('button')?.focus();
    if (!writing()) toAnswer();
    // Who writes is not disturbed, and gets there by one key.
    const key = (event: KeyboardEvent): void => {
      if (event.key !== 'Enter' || !event.altKey || event.repeat) return;
      // Only that: the button itself would take it for a press.
      event.preventDefault();
      event.stopPropagation();
      toAnswer();
    };
    addEventListener('keydown', key, true);
    return () => {
      removeEventListener('keydown', key, true);
    };
  }, [incoming]);

  const Icon = ring.state !== 'ringing' ? PhoneMissed : ring.mine ? PhoneOutgoing : Phone;
  return (
    <div ref={card} className={c('card', incoming && 'incoming')} role="group" aria-label={words}>
      <Icon className={c('icon')} aria-hidden="true" />
      <p className={c('words')}>
        {words}
        {incoming && busy && <span className={c('soft')}>{t('busy')}</span>}
      </p>
      <div className={c('buttons')}>
        {incoming && (
          <>
            <Button
              look="primary"
              icon={<Video aria-hidden="true" />}
              onPress={() => {
                ringing.take(ring.id, 'answered');
                onMeet(room);
              }}
            >
              {t('answer')}
            </Button>
            <Button look="danger" icon={<PhoneOff aria-hidden="true" />} onPress={() => ringing.take(ring.id, 'declined')}>
              {t('decline')}
            </Button>
          </>
        )}
        {ring.mine && ring.state === 'ringing' && (
          <Button look="danger" icon={<PhoneOff aria-hidden="true" />} onPress={() => ringing.cancel(ring.id)}>
            {t('cancel')}
          </Button>
        )}
        {ring.state !== 'ringing' && (
          <>
            <Button icon={<Phone aria-hidden="true" />} isDisabled={busy} onPress={() => {
              ringing.drop(ring.id);
              void ringing.call(room);
            }}>
              {ring.mine ? t('again') : t('back')}
            </Button>
            <Button look="quiet" icon={<X aria-hidden="true" />} onPress={() => ringing.drop(ring.id)}>
              {t('close')}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
