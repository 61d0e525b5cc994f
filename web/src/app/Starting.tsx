import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Brand } from './Brand';
import styles from './Door.module.css';
import { classes } from '../ui/classes';

const c = classes(styles);

/** Shown until it is known who is signed in; says so in words after two seconds. */
export function Starting() {
  const { t } = useTranslation('app');
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 2000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main className={c('door')} aria-busy="true">
      <h1 className={c('brand')}>
        <Brand />
      </h1>
      <p role="status">{slow && t('starting')}</p>
    </main>
  );
}
