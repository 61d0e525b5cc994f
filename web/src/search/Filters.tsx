import { X } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import { Button, Tag, TagGroup, TagList } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { useSession } from '../app/SessionContext';
import { usePersonName, useRoomTitle } from '../people/names';
import { PeoplePicker } from '../people/PeoplePicker';
import type { Person, RoomId, SearchHas, SearchQuery } from '../session/api';
import { Checkbox } from '../ui/Checkbox';
import { classes } from '../ui/classes';
import fieldStyles from '../ui/Field.module.css';
import { useReadable } from '../ui/useReadable';
import styles from './SearchPanel.module.css';

const c = classes(styles);
const f = classes(fieldStyles);
const KINDS: readonly SearchHas[] = ['file', 'picture', 'pdf', 'sound', 'film', 'link'];

/** What was chosen beside the words. Days as `2026-11-24`; empty: none. */
export interface Chosen {
  readonly by: readonly Person[];
  readonly room: RoomId | null;
  readonly has: SearchHas | '';
  readonly after: string;
  readonly before: string;
  readonly mentions: boolean;
  readonly newest: boolean;
}

export const NO_FILTERS: Chosen = { by: [], room: null, has: '', after: '', before: '', mentions: false, newest: false };

/** What is asked of home; `null`: there is nothing to look for. A room alone is where to look. */
export function queryOf(text: string, { by, room, has, after, before, mentions, newest }: Chosen): SearchQuery | null {
  if (text.trim() === '' && by.length === 0 && has === '' && after === '' && before === '' && !mentions) return null;
  return {
    text,
    by: by.map(({ pid }) => pid),
    rooms: room === null ? [] : [room],
    has: has === '' ? [] : [has],
    after: midnight(after, 0),
    before: midnight(before, 1),
    mentions,
    order: newest ? 'newest' : 'best',
  };
}

/** When a day begins here, or the day `later` days after it; ms since 1970. */
function midnight(day: string, later: number): number | null {
  const [year, month, date] = day.split('-').map(Number);
  return year === undefined || month === undefined || date === undefined ? null : new Date(year, month - 1, date + later).getTime();
}

export function Filters({ chosen, onChange }: { readonly chosen: Chosen; readonly onChange: (next: Chosen) => void }) {
  const { t } = useTranslation('search');
  const rooms = useReadable(useSession().rooms);
  const roomTitle = useRoomTitle();
  const titled = rooms.map((room) => ({ id: room.id, title: roomTitle(room) })).sort((a, b) => a.title.localeCompare(b.title, languageTag()));
  return (
    <div className={c('filters')}>
      <PeoplePicker label={t('by')} chosen={chosen.by} onChange={(by) => onChange({ ...chosen, by })} />
      <Field label={t('room')}>
        {(id) => (
          <select id={id} className={f('input')} value={chosen.room ?? ''} onChange={({ target }) => onChange({ ...chosen, room: target.value === '' ? null : (target.value as RoomId) })}>
            <option value="">{t('everywhere')}</option>
            {titled.map(({ id: room, title }) => (
              <option key={room} value={room}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t('has')}>
        {(id) => (
          <select id={id} className={f('input')} value={chosen.has} onChange={({ target }) => onChange({ ...chosen, has: target.value as SearchHas | '' })}>
            <option value="">{t('anything')}</option>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`kinds.${kind}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className={c('days')}>
        {(['after', 'before'] as const).map((which) => (
          <Field key={which} label={t(which)}>
            {(id) => <input id={id} type="date" className={f('input')} value={chosen[which]} onChange={({ target }) => onChange({ ...chosen, [which]: target.value })} />}
          </Field>
        ))}
      </div>
      <Checkbox isSelected={chosen.mentions} onChange={(mentions) => onChange({ ...chosen, mentions })}>
        {t('mentions')}
      </Checkbox>
      <Checkbox isSelected={chosen.newest} onChange={(newest) => onChange({ ...chosen, newest })}>
        {t('newest')}
      </Checkbox>
    </div>
  );
}

function Field({ label, children }: { readonly label: string; readonly children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className={f('field')}>
      <label className={f('label')} htmlFor={id}>
        {label}
      </label>
      {children(id)}
    </div>
  );
}

/** The filters that are on, each to be taken away; also while their fields are folded. */
export function Tags({ chosen, onChange }: { readonly chosen: Chosen; readonly onChange: (next: Chosen) => void }) {
  const { t } = useTranslation('search');
  const rooms = useReadable(useSession().rooms);
  const roomTitle = useRoomTitle();
  const personName = usePersonName();
  const room = rooms.find(({ id }) => id === chosen.room);
  const on = [
    ...(chosen.room === null ? [] : [{ id: 'room', text: t('tag.room', { title: room === undefined ? t('leftRoom') : roomTitle(room) }), off: { room: null } }]),
    ...chosen.by.map((person) => ({ id: person.pid, text: t('tag.by', { name: personName(person) }), off: { by: chosen.by.filter((one) => one !== person) } })),
    ...(chosen.has === '' ? [] : [{ id: 'has', text: t('tag.has', { kind: t(`kinds.${chosen.has}`) }), off: { has: '' as const } }]),
    ...(chosen.after === '' ? [] : [{ id: 'after', text: t('tag.after', { day: chosen.after }), off: { after: '' } }]),
    ...(chosen.before === '' ? [] : [{ id: 'before', text: t('tag.before', { day: chosen.before }), off: { before: '' } }]),
    ...(chosen.mentions ? [{ id: 'mentions', text: t('mentions'), off: { mentions: false } }] : []),
  ];
  if (on.length === 0) return null;
  return (
    <TagGroup
      aria-label={t('on')}
      onRemove={(keys) => {
        const off = on.find(({ id }) => keys.has(id))?.off;
        if (off) onChange({ ...chosen, ...off });
      }}
    >
      <TagList className={c('tags')}>
        {on.map(({ id, text }) => (
          <Tag key={id} id={id} textValue={text} className={c('tag')}>
            {text}
            <Button slot="remove" className={c('remove')} aria-label={t('takeOff', { what: text })}>
              <X aria-hidden="true" />
            </Button>
          </Tag>
        ))}
      </TagList>
    </TagGroup>
  );
}
