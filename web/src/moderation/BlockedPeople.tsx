import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { usePersonName } from '../people/names';
import type { BlockedPerson, Room } from '../session/api';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { useAttempt } from '../ui/useAttempt';
import styles from './Moderation.module.css';
import { useModeration } from './useModeration';

const c = classes(styles);

/** Who may not come back into the room, for those who lead it. Nothing, while there is nobody. */
export function BlockedPeople({ room }: { readonly room: Room }) {
  const { t } = useTranslation('moderation');
  const moderation = useModeration();
  const name = usePersonName();
  const [people, setPeople] = useState<readonly BlockedPerson[]>([]);
  const { busy, failure, attempt } = useAttempt();
  const load = useCallback(async () => setPeople(await moderation((part) => part.blocked(room.id))), [moderation, room.id]);
  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the list is asked for here and arrives as state
    load().catch(() => undefined); // while home is away the list is not shown
  }, [load, room.version]);

  if (people.length === 0) return failure === undefined ? null : <Problem error={failure} />;
  return (
    <section className={c('section')} aria-labelledby="blocked">
      <h3 id="blocked">{t('blocked.title')}</h3>
      <p className={c('soft')}>{t('blocked.means')}</p>
      <ul className={c('list')}>
        {people.map(({ person, by }) => (
          <li key={person.pid} className={c('row')}>
            <Avatar id={person.pid} name={name(person)} />
            <div className={c('grow')}>
              <p>{name(person)}</p>
              <p className={c('soft')}>{t('blocked.by', { name: name(by) })}</p>
            </div>
            <Button
              small
              isDisabled={busy}
              aria-label={t('blocked.liftOne', { name: name(person) })}
              onPress={() =>
                void attempt(async () => {
                  await moderation((part) => part.unblock(room.id, person.pid));
                  await load();
                }, t('blocked.lifted', { name: name(person) }))
              }
            >
              {t('blocked.lift')}
            </Button>
          </li>
        ))}
      </ul>
      {failure !== undefined && <Problem error={failure} />}
    </section>
  );
}
