import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import bannerStyles from '../app/Banner.module.css';
import { noticesOffered, rememberNoticesOffered } from '../app/preferences';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Notice } from '../ui/Notice';
import { askPermission } from './desktop';

const c = classes(bannerStyles);

/** Asks whether the browser may be asked: once, when there was something that a notice would have told. */
export function Offer() {
  const { t } = useTranslation('notices');
  const [offered, setOffered] = useState(noticesOffered);
  if (offered) return null;
  const putAway = (): void => {
    rememberNoticesOffered();
    setOffered(true);
  };
  return (
    <section className={c('banner')} aria-label={t('offer.title')}>
      <Notice
        title={t('offer.title')}
        actions={
          <>
            <Button small onPress={() => void askPermission().then(putAway)}>
              {t('offer.yes')}
            </Button>
            <Button small look="quiet" onPress={putAway}>
              {t('offer.no')}
            </Button>
          </>
        }
      >
        {t('offer.text')}
      </Notice>
    </section>
  );
}
