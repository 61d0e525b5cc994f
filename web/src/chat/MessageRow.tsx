import { Check, Clock } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { usePersonName } from '../people/names';
import type { Message, Room, RoomModel } from '../session/api';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem, useExplain } from '../ui/Problem';
import styles from './MessageRow.module.css';
import { partsOf } from './text';

const c = classes(styles);

/** One message: who, when, what, and how far it got. */
export function MessageRow({
  message,
  leads,
  newest,
  room,
  model,
}: {
  readonly message: Message;
  readonly leads: boolean;
  /** One's own newest message, which also says that it was sent. */
  readonly newest: boolean;
  readonly room: Room;
  readonly model: RoomModel;
}) {
  const { t } = useTranslation('chat');
  const id = useId();
  const name = usePersonName()(message.author, room);
  const time = new Intl.DateTimeFormat(languageTag(), { hour: '2-digit', minute: '2-digit' }).format(message.sentAt);
  return (
    <article className={c('message', message.mine ? 'mine' : 'theirs', leads && 'leads')} aria-labelledby={`${id}-by`}>
      {!message.mine && <div className={c('face')}>{leads && <Avatar id={message.author.pid} name={name} />}</div>}
      <div className={c('column')}>
        <p id={`${id}-by`} className={leads ? c('by') : 'hidden-text'}>
          <span className={message.mine ? 'hidden-text' : c('name')}>{message.mine ? t('log.me') : name}</span>{' '}
          <time className={c('time')} dateTime={new Date(message.sentAt).toISOString()}>
            {time}
          </time>
        </p>
        <div className={c('bubble', message.state === 'draft' && 'draft')} title={leads ? undefined : time}>
          {message.opening === 'opened' ? <Text text={message.text} /> : <em className={c('closed')}>{t(`opening.${message.opening}`)}</em>}
        </div>
        {message.state === 'waiting' && (
          <p className={c('state')}>
            <Clock aria-hidden="true" />
            {t('state.waiting')}
          </p>
        )}
        {message.state === 'sent' && newest && (
          <p className={c('state')}>
            <Check aria-hidden="true" />
            {t('state.sent')}
          </p>
        )}
        {message.state === 'draft' && <Draft message={message} model={model} />}
      </div>
    </article>
  );
}

/** The text as text nodes and links. */
function Text({ text }: { readonly text: string }) {
  return partsOf(text).map((part, index) =>
    part.href === undefined ? (
      part.text
    ) : (
      <a key={index} href={part.href} target="_blank" rel="noopener noreferrer">
        {part.text}
      </a>
    ),
  );
}

/** A message that may not be sent: why, and what can be done with it. */
function Draft({ message, model }: { readonly message: Message; readonly model: RoomModel }) {
  const { t } = useTranslation('chat');
  const explain = useExplain();
  const [failure, setFailure] = useState<unknown>();
  const attempt = async (action: Promise<void>) => {
    setFailure(undefined);
    try {
      await action;
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <div className={c('kept')}>
      <p>
        <strong>{t('state.draft')}</strong> {message.reason !== null && explain(message.reason)}
      </p>
      <div className={c('choices')}>
        <Button small onPress={() => void attempt(model.retry(message.id))}>
          {t('state.retry')}
        </Button>
        <Button small look="quiet" onPress={() => void attempt(model.discard(message.id))}>
          {t('state.discard')}
        </Button>
      </div>
      {failure !== undefined && <Problem error={failure} />}
    </div>
  );
}
