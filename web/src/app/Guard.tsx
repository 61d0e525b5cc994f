import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';

/** Catches a failure of the screens themselves: a sentence and a way on, never an empty page or a raw exception. */
export class Guard extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const { t } = useTranslation('app');
  return (
    <main>
      <Notice tone="danger" live title={t('broken.title')} actions={<Button onPress={() => location.reload()}>{t('broken.reload')}</Button>}>
        {t('broken.text')}
      </Notice>
    </main>
  );
}
