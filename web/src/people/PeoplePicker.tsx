import { X } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button, ComboBox, Input, type Key, Label, ListBox, ListBoxItem, Popover, Tag, TagGroup, TagList, Text } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import type { Person, Pid } from '../session/api';
import { Avatar } from '../ui/Avatar';
import { classes } from '../ui/classes';
import fieldStyles from '../ui/Field.module.css';
import menuStyles from '../ui/Menu.module.css';
import { codeOf, useExplain } from '../ui/Problem';
import { keepPageReadable } from '../ui/readablePage';
import { about, usePersonName } from './names';
import styles from './PeoplePicker.module.css';
import { usePeopleSearch } from './usePeopleSearch';

const c = classes(styles);
const f = classes(fieldStyles);
const m = classes(menuStyles);

/** Finds people by name and keeps the chosen ones as tags that can be taken away. */
export function PeoplePicker({
  chosen,
  onChange,
  without = [],
  label,
}: {
  readonly chosen: readonly Person[];
  readonly onChange: (chosen: readonly Person[]) => void;
  /** People who are in already and are not offered. */
  readonly without?: readonly Pid[];
  /** What the people are for, where they are not added to something. */
  readonly label?: string;
}) {
  const { t } = useTranslation('people');
  const personName = usePersonName();
  const explain = useExplain();
  const [query, setQuery] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const found = usePeopleSearch(query);
  const taken = new Set([...without, ...chosen.map((person) => person.pid)]);
  const offered = found.people.filter((person) => !taken.has(person.pid));

  const choose = (key: Key | null) => {
    const person = offered.find((one) => one.pid === key);
    if (person === undefined) return;
    onChange([...chosen, person]);
    setQuery('');
  };

  return (
    <div className={c('picker')}>
      <ComboBox
        className={f('field')}
        inputValue={query}
        onInputChange={setQuery}
        value={null}
        onChange={choose}
        items={offered}
        defaultFilter={() => true}
        allowsEmptyCollection={query.trim() !== ''}
        menuTrigger="input"
        onOpenChange={(open) => keepPageReadable(input.current, open)}
      >
        <Label className={f('label')}>{label ?? t('pick.label')}</Label>
        <Input ref={input} className={f('input')} placeholder={t('pick.placeholder')} />
        <Popover className={m('popover', 'wide')} offset={4}>
          <ListBox<Person>
            className={m('menu')}
            renderEmptyState={() => (
              <p className={m('empty')}>{found.error !== undefined ? explain(codeOf(found.error)) : t(found.busy ? 'find.busy' : 'find.nobody')}</p>
            )}
          >
            {(person) => (
              <ListBoxItem id={person.pid} textValue={personName(person)} className={m('item')}>
                <Avatar id={person.pid} name={personName(person)} small />
                <span className={m('grow')}>
                  <Text slot="label" className={m('name')}>
                    {personName(person)}
                  </Text>
                  <Text slot="description" className={m('about')}>
                    {about(person)}
                  </Text>
                </span>
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </ComboBox>
      {chosen.length > 0 && (
        <TagGroup aria-label={t('pick.chosen')} onRemove={(keys) => onChange(chosen.filter((person) => !keys.has(person.pid)))}>
          <TagList className={c('tags')}>
            {chosen.map((person) => (
              <Tag key={person.pid} id={person.pid} textValue={personName(person)} className={c('tag')}>
                {personName(person)}
                <Button slot="remove" className={c('remove')}>
                  <X aria-hidden="true" />
                </Button>
              </Tag>
            ))}
          </TagList>
        </TagGroup>
      )}
    </div>
  );
}
