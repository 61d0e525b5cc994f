import { useTranslation } from 'react-i18next';

import { Refusal } from '../session/api';
import { Notice } from './Notice';

/** The code of whatever was thrown: a refusal's own, else `internal`, since a raw exception is never shown. */
export function codeOf(error: unknown): string {
  return error instanceof Refusal ? error.code : 'internal';
}

/** A code's sentence: what happened, what was kept, what to do next. A code that is new to this client has a sentence too. */
export function useExplain(): (code: string, retryAfter?: number) => string {
  const { t, i18n } = useTranslation('codes');
  return (code, retryAfter) => {
    // They come just after the first screen, which then shows again.
    if (!i18n.exists('codes:unknown')) return '';
    return t(i18n.exists(`codes:${code}`) ? code : 'unknown', { count: retryAfter ?? 0 });
  };
}

/** An error in the flow of the page, with its short code for support. */
export function Problem({ error }: { readonly error: unknown }) {
  const explain = useExplain();
  const { t } = useTranslation('ui');
  const code = codeOf(error);
  return (
    <Notice tone="danger" live>
      {explain(code, error instanceof Refusal ? error.retryAfter : undefined)} <small>{t('code', { code })}</small>
    </Notice>
  );
}
