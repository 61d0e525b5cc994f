import { useTranslation } from 'react-i18next';

import { routeHref } from '../app/route';
import { useSession } from '../app/SessionContext';
import type { Room } from '../session/api';
import styles from './PrivacyPanel.module.css';
import { classes } from '../ui/classes';
import { Notice } from '../ui/Notice';
import { useExplain } from '../ui/Problem';

const c = classes(styles);

/** Who can read this room: what is promised and what is not, in plain words. */
export function PrivacyPanel({ room }: { readonly room: Room }) {
  const { t } = useTranslation('chat');
  const { authority } = useSession();
  const explain = useExplain();
  return (
    <>
      {room.trouble === null ? (
        <p>{t('privacy.checked', { count: room.count })}</p>
      ) : (
        <Notice tone="danger" title={t('trouble.title')}>
          {explain(room.trouble)}
        </Notice>
      )}
      <section className={c('part')}>
        <h3>{t('privacy.can')}</h3>
        <ul className={c('list')}>
          <li>{t('privacy.canMembers')}</li>
          <li>{t('privacy.canAuthority', { authority })}</li>
        </ul>
      </section>
      <section className={c('part')}>
        <h3>{t('privacy.cannot')}</h3>
        <ul className={c('list')}>
          <li>{t('privacy.cannotOperator')}</li>
          <li>{t('privacy.cannotCloud')}</li>
        </ul>
      </section>
      <p>{t('privacy.metadata')}</p>
      <p>
        <a href={routeHref({ name: 'flows' })}>{t('privacy.flows')}</a>
      </p>
    </>
  );
}
