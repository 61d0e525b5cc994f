import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Notice } from '../ui/Notice';
import styles from './Banner.module.css';
import { noticeRead, rememberNotice } from './preferences';
import { useSession } from './SessionContext';

const c = classes(styles);

/** The first-run notice: who can read what is written here, in plain words. Stays until it is put away. */
export function FirstNotice() {
  const { t } = useTranslation('app');
  const { authority } = useSession();
  const [read, setRead] = useState(noticeRead);
  if (read) return null;
  const putAway = () => {
    rememberNotice(true);
    setRead(true);
  };
  return (
    <div className={c('banner')}>
      <Notice title={t('notice.title')} actions={<Button small onPress={putAway}>{t('notice.read')}</Button>}>
        {t('notice.text', { authority })}
      </Notice>
    </div>
  );
}
