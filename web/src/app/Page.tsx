import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { classes } from '../ui/classes';
import styles from './Page.module.css';
import { routeHref } from './route';

const c = classes(styles);

/** A page in the middle column that is no room. */
export function Page({ title, lead, children }: { readonly title: string; readonly lead: string; readonly children: ReactNode }) {
  const { t } = useTranslation('app');
  return (
    <div className={c('page')}>
      <header className={c('head')}>
        <a className={c('back')} href={routeHref({ name: 'start' })}>
          <ArrowLeft aria-hidden="true" />
          {t('back')}
        </a>
        <h1>{title}</h1>
        <p className={c('lead')}>{lead}</p>
      </header>
      {children}
    </div>
  );
}
