import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { CheckboxButton, CheckboxField, type CheckboxFieldProps } from 'react-aria-components';

import styles from './Checkbox.module.css';
import { classes } from './classes';

const c = classes(styles);

export function Checkbox({ children, ...props }: Omit<CheckboxFieldProps, 'className' | 'children'> & { readonly children: ReactNode }) {
  return (
    <CheckboxField {...props}>
      <CheckboxButton className={c('checkbox')}>
        <span className={c('box')} aria-hidden="true">
          <Check />
        </span>
        <span>{children}</span>
      </CheckboxButton>
    </CheckboxField>
  );
}
