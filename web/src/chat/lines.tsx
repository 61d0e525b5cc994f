import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { useRoomTitle } from '../people/names';
import type { Room } from '../session/api';
import { classes } from '../ui/classes';
import styles from './lines.module.css';
import { dayOf } from './rows';

const c = classes(styles);

export function OlderLine() {
  const { t } = useTranslation('chat');
  return <p className={c('older')}>{t('log.older')}</p>;
}

/** Where a room begins: an empty one says what to do. */
export function Beginning({ room }: { readonly room: Room }) {
  const { t } = useTranslation('chat');
  const title = useRoomTitle()(room);
  return (
    <div className={c('beginning')}>
      <p className={c('start')}>{t(room.kind === 'direct' ? 'log.beginningDirect' : 'log.beginning', { title })}</p>
      <p>{t('log.beginningHint')}</p>
    </div>
  );
}

/** A day: "Today", "Yesterday", else the date in words. */
export function DayLine({ at, now }: { readonly at: number; readonly now: number }) {
  useTranslation('chat'); // renders again when the language changes
  return (
    <div className={c('line')} role="separator">
      <span>{dayName(at, now, languageTag())}</span>
    </div>
  );
}

export function dayName(at: number, now: number, tag: string): string {
  const back = dayOf(at) - dayOf(now);
  if (back === 0 || back === -1) {
    const words = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }).format(back, 'day');
    return words.charAt(0).toLocaleUpperCase(tag) + words.slice(1);
  }
  const thisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(tag, { weekday: 'long', day: 'numeric', month: 'long', ...(thisYear ? {} : { year: 'numeric' }) }).format(at);
}

/** The sender numbered a message that did not come. */
export function GapLine() {
  const { t } = useTranslation('chat');
  return <p className={c('gap')}>{t('log.gap')}</p>;
}

export function UnreadLine() {
  const { t } = useTranslation('chat');
  return (
    <div className={c('line', 'unread')} role="separator">
      <span>{t('log.unread')}</span>
    </div>
  );
}

/** Between what a thread is about and what was answered. */
export function AnswersLine({ count }: { readonly count: number }) {
  const { t } = useTranslation('chat');
  return (
    <div className={c('line')} role="separator">
      <span>{count === 0 ? t('thread.none') : t('thread.replies', { count })}</span>
    </div>
  );
}
