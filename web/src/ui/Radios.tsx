import { Label, RadioButton, RadioField, RadioGroup, type RadioGroupProps } from 'react-aria-components';

import { classes } from './classes';
import fieldStyles from './Field.module.css';
import styles from './Radios.module.css';

const c = classes(styles);
const f = classes(fieldStyles);

/** One of a few choices, all of them in sight, each with a sentence where its name does not say enough. */
export function Radios<T extends string>({
  label,
  value,
  choices,
  onChange,
  ...props
}: Omit<RadioGroupProps, 'className' | 'children' | 'value' | 'onChange'> & {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly text: string; readonly more?: string; readonly lang?: string }[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <RadioGroup {...props} className={f('field')} value={value} onChange={(wanted) => onChange(wanted as T)}>
      <Label className={f('label')}>{label}</Label>
      {choices.map((choice) => (
        <RadioField key={choice.value} value={choice.value}>
          <RadioButton className={c('radio')}>
            <span className={c('dot')} aria-hidden="true" />
            <span className={c('text')} lang={choice.lang}>
              {choice.text}
              {choice.more !== undefined && <span className={c('more')}>{choice.more}</span>}
            </span>
          </RadioButton>
        </RadioField>
      ))}
    </RadioGroup>
  );
}
