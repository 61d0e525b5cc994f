import type { ReactNode, RefObject } from 'react';
import { Tooltip, TooltipTriggerStateContext } from 'react-aria-components';

import styles from './Button.module.css';
import { classes } from './classes';

const c = classes(styles);

/** The words beside what is pointed at. Loads with the first of them ({@link useTip}). */
export function Tip({ anchor, onHover, children }: { readonly anchor: RefObject<Element | null>; readonly onHover: (over: boolean) => void; readonly children: ReactNode }) {
  // React Aria takes the state of a tooltip from its trigger; here the button decides (`useTip`), so it is always open.
  const state = { isOpen: true, shouldSkipAnimation: true, open: () => undefined, close: () => onHover(false) };
  return (
    <TooltipTriggerStateContext value={state}>
      <Tooltip className={c('tooltip')} triggerRef={anchor} isOpen offset={6} onPointerEnter={() => onHover(true)} onPointerLeave={() => onHover(false)}>
        {children}
      </Tooltip>
    </TooltipTriggerStateContext>
  );
}
