import { Bold, Code, Italic, Link, List, SquareCode, Strikethrough, TextQuote } from 'lucide-react';
import { Toolbar } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { useReadable } from '../ui/useReadable';
import styles from './Composer.module.css';
import { type Mark, MARKS } from './editing';
import { MessageText } from './MessageText';
import { useRoomView } from './RoomContext';

const c = classes(styles);
const ICONS = { strong: Bold, em: Italic, del: Strikethrough, code: Code, link: Link, quote: TextQuote, list: List, block: SquareCode };
const KEYS: Record<Mark, string> = { strong: 'B', em: 'I', del: 'Shift+X', code: 'Shift+C', link: 'Shift+K', quote: 'Shift+9', list: 'Shift+8', block: 'Shift+B' };

/** Buttons that mark up what is chosen, for who does not know the signs. */
export function FormatBar({ onMark }: { readonly onMark: (mark: Mark) => void }) {
  const { t } = useTranslation('chat');
  return (
    <Toolbar className={c('formats')} aria-label={t('format.label')}>
      {MARKS.map((mark) => {
        const Icon = ICONS[mark];
        return (
          <IconButton key={mark} small label={t('format.key', { name: t(`format.${mark}`), key: KEYS[mark] })} onPress={() => onMark(mark)}>
            <Icon aria-hidden="true" />
          </IconButton>
        );
      })}
    </Toolbar>
  );
}

/** The message as the others will see it. */
export function Preview({ text }: { readonly text: string }) {
  const { t } = useTranslation('chat');
  const { box, me } = useRoomView();
  const { named } = useReadable(box);
  return (
    <div role="region" className={c('preview')} aria-label={t('format.preview')} tabIndex={0}>
      <MessageText text={text} people={named} all me={me} />
    </div>
  );
}
