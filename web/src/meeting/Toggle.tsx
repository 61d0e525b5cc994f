/** A switch with its word, over the whole width. */
import type { ReactNode } from 'react';
import { SwitchButton, SwitchField } from 'react-aria-components';
import { classes } from '../ui/classes.ts';
import styles from './meeting.module.css';

const c = classes(styles);

export interface ToggleProps {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly icon?: ReactNode;
  readonly children: ReactNode;
}

export function Toggle({ on, onChange, icon, children }: ToggleProps) {
  return (
    <SwitchField isSelected={on} onChange={onChange}>
      <SwitchButton className={c('switch')}>
        {icon}
        <span className={c('grow')}>{children}</span>
        <span className={c('track')} aria-hidden="true" />
      </SwitchButton>
    </SwitchField>
  );
}
