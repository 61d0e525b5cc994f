import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Input, Label, SearchField } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import type { Member, Room } from '../session/api';
import { classes } from '../ui/classes';
import fieldStyles from '../ui/Field.module.css';
import { Problem } from '../ui/Problem';
import styles from './MemberPages.module.css';
import { useRoomPeople } from './useRoomPeople';

const c = classes(styles);
const f = classes(fieldStyles);
const ROW = 56;

/** The members of a big room: searched at home, and only those in sight are loaded. */
export function MemberPages({ room, children }: { readonly room: Room; readonly children: (member: Member) => ReactNode }) {
  const { t } = useTranslation('people');
  const [query, setQuery] = useState('');
  const { count, at, want, error } = useRoomPeople(room, query);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 8 });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => {
    want(first, last);
  }, [want, first, last]);

  return (
    <>
      <SearchField className={f('field')} value={query} onChange={setQuery}>
        <Label className={f('label')}>{t('members.find')}</Label>
        <Input className={f('input')} placeholder={t('members.placeholder')} />
      </SearchField>
      {error !== undefined && <Problem error={error} />}
      <p role="status" className={c('count')}>
        {t(query.trim() === '' ? 'members.count' : 'members.found', { count })}
      </p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
      <div ref={scroller} className={c('scroller')} tabIndex={0} role="group" aria-label={t('members.label')}>
        <ul className={c('inner')} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const member = at(item.index);
            return (
              <li
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className={c('row')}
                style={{ transform: `translateY(${item.start}px)` }}
                aria-setsize={count}
                aria-posinset={item.index + 1}
              >
                {member === undefined ? <span className={c('waiting')}>{t('members.loading')}</span> : children(member)}
              </li>
            );
          })}
        </ul>
      </div>
    </>
  );
}
