import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';

import styles from './Button.module.css';
import { classes } from './classes';
import { useTip } from './useTip';

const c = classes(styles);

export type ButtonProps = Omit<AriaButtonProps, 'className' | 'style' | 'children'> & {
  /** `primary` once a screen; `quiet` has no border until pointed at. */
  readonly look?: 'primary' | 'secondary' | 'quiet' | 'danger';
  readonly small?: boolean;
  readonly icon?: ReactNode;
  readonly children?: ReactNode;
};

export function Button({ look = 'secondary', small = false, icon, children, ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={c('button', look, small && 'small')}>
      {icon}
      {children}
    </AriaButton>
  );
}

export type IconButtonProps = Omit<ButtonProps, 'children' | 'icon'> & {
  /** Its name, for screen readers and in the tooltip. */
  readonly label: string;
  readonly children: ReactNode;
};

/** The cross of a dialog or panel. It has no tooltip, which would take the first Escape for itself. */
export function CloseButton({ label, onPress, autoFocus = false }: { readonly label: string; readonly onPress: () => void; readonly autoFocus?: boolean }) {
  return (
    <AriaButton aria-label={label} onPress={onPress} autoFocus={autoFocus} className={c('button', 'icon', 'quiet')}>
      <X aria-hidden="true" />
    </AriaButton>
  );
}

/** A button that shows only an icon; pointing or focusing tells its name. */
export function IconButton({ label, look = 'quiet', small = false, children, onHoverStart, ...props }: IconButtonProps) {
  const { anchor, on, tip } = useTip(() => label);
  return (
    <>
      <AriaButton
        {...props}
        {...on}
        onHoverStart={(event) => {
          onHoverStart?.(event);
          on.onHoverStart();
        }}
        ref={anchor}
        aria-label={label}
        className={c('button', 'icon', look, small && 'small')}
      >
        {children}
      </AriaButton>
      {tip}
    </>
  );
}
