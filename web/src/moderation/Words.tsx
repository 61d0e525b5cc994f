import { Label, TextArea, TextField } from 'react-aria-components';

import { classes } from '../ui/classes';
import fieldStyles from '../ui/Field.module.css';
import styles from './Moderation.module.css';
import { MAX_WORDS } from './words';

const c = classes(styles);
const f = classes(fieldStyles);

/** A few sentences. */
export function Words({ label, value, onChange }: { readonly label: string; readonly value: string; readonly onChange: (value: string) => void }) {
  return (
    <TextField className={`${f('field')} ${c('area')}`} value={value} onChange={onChange} maxLength={MAX_WORDS}>
      <Label className={f('label')}>{label}</Label>
      <TextArea className={f('input')} rows={3} />
    </TextField>
  );
}
