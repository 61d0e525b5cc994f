import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { CloseButton } from './Button';
import { classes } from './classes';
import styles from './Dialog.module.css';

const c = classes(styles);

/** A dialog that the person asked for; Escape, the cross and a press outside close it. */
export function Dialog({
  title,
  open,
  onClose,
  children,
}: {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const { t } = useTranslation('ui');
  return (
    <ModalOverlay className={c('overlay')} isOpen={open} onOpenChange={(isOpen) => !isOpen && onClose()} isDismissable>
      <Modal className={c('modal')}>
        <AriaDialog className={c('dialog')}>
          <div className={c('head')}>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <CloseButton label={t('close')} onPress={onClose} />
          </div>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
