/** The encryption badge: what is promised, what is not, and what the worker did. */
import { Lock, ShieldAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components';
import { Button } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import menuStyles from '../ui/Menu.module.css';
import { DROPS } from './frames.ts';
import type { Counts } from './messages.ts';
import type { Meeting } from './meeting.ts';
import styles from './meeting.module.css';

const c = classes(styles);
const m = classes(menuStyles);
const COUNT_MS = 1000;

export function Badge({ meeting, strangers }: { readonly meeting: Meeting; readonly strangers: number }) {
  const { t } = useTranslation('meeting');
  return (
    <DialogTrigger>
      <Button small look="quiet" icon={strangers === 0 ? <Lock aria-hidden="true" /> : <ShieldAlert aria-hidden="true" />}>
        {t('encrypted')}
      </Button>
      <Popover className={m('popover')} placement="bottom start">
        <Dialog className={c('sheet')}>
          <Heading slot="title">{t('encryption.title')}</Heading>
          <p>{t('encryption.promise')}</p>
          <p>{t('encryption.authority')}</p>
          <p>{t('encryption.limits')}</p>
          {strangers > 0 && <p className={c('warning')}>{t('encryption.strangers', { count: strangers })}</p>}
          <Counted meeting={meeting} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Counted({ meeting }: { readonly meeting: Meeting }) {
  const { t, i18n } = useTranslation('meeting');
  const [counts, setCounts] = useState<Counts | null>(null);
  useEffect(() => {
    const look = (): void => {
      void meeting.counts().then(setCounts);
    };
    look();
    const timer = setInterval(look, COUNT_MS);
    return () => {
      clearInterval(timer);
    };
  }, [meeting]);
  if (counts === null) return null;
  const number = new Intl.NumberFormat(i18n.language);
  const refused = DROPS.map((reason) => ({ reason, count: counts.receiveDrops[reason] + counts.sendDrops[reason] })).filter((one) => one.count > 0);
  return (
    <dl className={c('counts')}>
      <dt>{t('encryption.sealed')}</dt>
      <dd>{number.format(counts.sealed)}</dd>
      <dt>{t('encryption.opened')}</dt>
      <dd>{number.format(counts.opened)}</dd>
      {refused.map(({ reason, count }) => (
        <div key={reason}>
          <dt>{t(`drop.${reason}`)}</dt>
          <dd>{number.format(count)}</dd>
        </div>
      ))}
    </dl>
  );
}
