/** What is said when a meeting could not be joined or is over, and what one can do. */
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { useExplain } from '../ui/Problem.tsx';
import { Panel } from './Panel.tsx';

/** Ends that are no fault. */
const CALM: ReadonlySet<string> = new Set(['ended', 'elsewhere', 'put_out']);

/** The sentence of an end: the meeting's own, else that of the code. */
export function useWhy(): (code: string) => string {
  const { t, i18n } = useTranslation('meeting');
  const explain = useExplain();
  return (code) => (i18n.exists(`meeting:why.${code}`) ? t(`why.${code}`) : explain(code));
}

export function Ended({ why, onAgain, onClose }: { readonly why: string | null; readonly onAgain: () => void; readonly onClose: () => void }) {
  const { t } = useTranslation('meeting');
  const explain = useWhy();
  if (why === null) return null;
  return (
    <Panel label={t('meeting')} look="middle">
      <Notice
        tone={CALM.has(why) ? 'info' : 'danger'}
        live
        title={t('over')}
        actions={
          <>
            <Button look="primary" onPress={onAgain}>
              {t('again')}
            </Button>
            <Button onPress={onClose}>{t('back')}</Button>
          </>
        }
      >
        {explain(why)} <small>{t('code', { code: why })}</small>
      </Notice>
    </Panel>
  );
}
