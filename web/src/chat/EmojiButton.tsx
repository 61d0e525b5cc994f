import { SmilePlus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Dialog, DialogTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { loadTexts } from '../app/i18n';
import { IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import styles from './MessageActions.module.css';

const c = classes(styles);
const EmojiPicker = lazy(async () => {
  const [module] = await Promise.all([import('../emoji/EmojiPicker'), loadTexts('emoji')]);
  return { default: module.EmojiPicker };
});

/** A button that opens the picker over it. */
export function EmojiButton({
  label,
  small = false,
  onPick,
  onOpenChange,
  isOpen,
}: {
  /** Its name; else that it adds an emoji to what one writes. */
  readonly label?: string;
  readonly small?: boolean;
  readonly onPick: (emoji: string) => void;
  readonly isOpen?: boolean;
  readonly onOpenChange?: (open: boolean) => void;
}) {
  const { t } = useTranslation('chat');
  const [own, setOwn] = useState(false);
  const name = label ?? t('composer.emoji');
  const change = (open: boolean) => {
    setOwn(open);
    onOpenChange?.(open);
  };
  return (
    <DialogTrigger isOpen={isOpen ?? own} onOpenChange={change}>
      <IconButton small={small} label={name}>
        <SmilePlus aria-hidden="true" />
      </IconButton>
      <Popover className={c('popover')} placement="top end">
        <Dialog className={c('dialog')} aria-label={name}>
          <Suspense fallback={<p className={c('wait')}>{t('actions.loading')}</p>}>
            <EmojiPicker
              onPick={(emoji) => {
                change(false);
                onPick(emoji);
              }}
            />
          </Suspense>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
