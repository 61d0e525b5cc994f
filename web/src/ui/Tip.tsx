import type { ReactNode, RefObject } from 'react';
import { Tooltip } from 'react-aria-components';

import styles from './Button.module.css';
import { classes } from './classes';

const c = classes(styles);

/** The words beside what is pointed at. Loads with the first of them ({@link useTip}). */
export function Tip({ anchor, onHover, children }: { readonly anchor: RefObject<Element | null>; readonly onHover: (over: boolean) => void; readonly children: ReactNode }) {
  return (
    <Tooltip className={c('tooltip')} triggerRef={anchor} isOpen offset={6} onPointerEnter={() => onHover(true)} onPointerLeave={() => onHover(false)}>
      {children}
    </Tooltip>
  );
}
