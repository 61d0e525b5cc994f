import { MessageSquare, Users, Video } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { classes } from '../ui/classes';
import { useSession } from './SessionContext';
import styles from './Welcome.module.css';

const c = classes(styles);

/** What to do next, before a room is open. */
export function Welcome() {
  const { t } = useTranslation('app');
  const { me } = useSession();
  const steps = [
    { icon: MessageSquare, key: 'write' },
    { icon: Users, key: 'room' },
    { icon: Video, key: 'meet' },
  ] as const;
  return (
    <div className={c('welcome')}>
      <h2 className={c('title')}>{t('welcome.title', { name: me.name ?? '' })}</h2>
      <ul className={c('steps')}>
        {steps.map(({ icon: Icon, key }) => (
          <li key={key} className={c('step')}>
            <Icon aria-hidden="true" />
            <div>
              <h3>{t(`welcome.${key}.title`)}</h3>
              <p>{t(`welcome.${key}.text`)}</p>
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}
