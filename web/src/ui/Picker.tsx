import { Check, ChevronDown } from 'lucide-react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';

import { classes } from './classes';
import fieldStyles from './Field.module.css';
import menuStyles from './Menu.module.css';
import styles from './Picker.module.css';

const c = classes(styles);
const f = classes(fieldStyles);
const m = classes(menuStyles);

/** One of many choices, shown when opened. */
export function Picker<T extends string>({
  label,
  placeholder,
  value,
  choices,
  onChange,
}: {
  readonly label: string;
  readonly placeholder?: string;
  readonly value: T | null;
  readonly choices: readonly { readonly value: T; readonly text: string }[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <Select
      className={f('field')}
      value={value}
      onChange={(wanted) => {
        const found = choices.find((one) => one.value === wanted);
        if (found !== undefined) onChange(found.value);
      }}
      {...(placeholder === undefined ? {} : { placeholder })}
    >
      <Label className={f('label')}>{label}</Label>
      <Button className={f('input') + ' ' + c('button')}>
        <SelectValue className={c('value')} />
        <ChevronDown aria-hidden="true" />
      </Button>
      <Popover className={m('popover', 'wide')} offset={4}>
        <ListBox className={m('menu')}>
          {choices.map((choice) => (
            <ListBoxItem key={choice.value} id={choice.value} textValue={choice.text} className={m('item')}>
              <span className={m('grow')}>{choice.text}</span>
              <Check className={m('check')} aria-hidden="true" />
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
