import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { usePersonName } from '../people/names';
import type { Room, RoomModel } from '../session/api';
import { useReadable } from '../ui/useReadable';
import { classes } from '../ui/classes';
import styles from './TypingLine.module.css';

const c = classes(styles);
const NAMED = 3;

/** Who is writing now. Its height is kept, so that nothing jumps. */
export function TypingLine({ model, room }: { readonly model: RoomModel; readonly room: Room }) {
  const { t } = useTranslation('chat');
  const personName = usePersonName();
  const { typing } = useReadable(model.timeline);
  const names = new Intl.ListFormat(languageTag(), { type: 'conjunction' }).format(typing.map((person) => personName(person, room)));
  return (
    <p className={c('typing')}>
      {typing.length > NAMED ? t('typing.many') : typing.length > 0 && t('typing.some', { count: typing.length, names })}
    </p>
  );
}
