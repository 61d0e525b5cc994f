import type { ReactNode } from 'react';
import {
  FieldError,
  Input,
  Label,
  Text,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components';

import { classes } from './classes';
import styles from './Field.module.css';

const c = classes(styles);

export type TextFieldProps = Omit<AriaTextFieldProps, 'className' | 'style' | 'children'> & {
  readonly label: string;
  readonly description?: ReactNode;
  readonly error?: ReactNode;
  readonly autoCapitalize?: 'none';
};

export function TextField({ label, description, error, autoCapitalize, ...props }: TextFieldProps) {
  return (
    <AriaTextField {...props} className={c('field')} isInvalid={error !== undefined}>
      <Label className={c('label')}>{label}</Label>
      <Input className={c('input')} autoCapitalize={autoCapitalize} />
      {description !== undefined && (
        <Text slot="description" className={c('description')}>
          {description}
        </Text>
      )}
      <FieldError className={c('error')}>{error}</FieldError>
    </AriaTextField>
  );
}
