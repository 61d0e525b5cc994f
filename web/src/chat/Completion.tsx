import { Users } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import type { Language } from '../app/preferences';
import { useSession } from '../app/SessionContext';
import { about, usePersonName } from '../people/names';
import type { Person, Room } from '../session/api';
import { announce } from '../ui/announce';
import { Avatar } from '../ui/Avatar';
import { classes } from '../ui/classes';
import menuStyles from '../ui/Menu.module.css';
import styles from './Composer.module.css';
import { nameTyped } from './editing';
import { EVERYBODY } from './mentions';

const c = classes(styles);
const m = classes(menuStyles);
const SHOWN = 8;
const PAUSE_MS = 120;

interface Choice {
  readonly key: string;
  readonly name: string;
  /** `null`: everybody in the room. */
  readonly person: Person | null;
}

interface Completing {
  readonly choices: readonly Choice[];
  readonly at: number;
  readonly list: string;
  readonly aria: Readonly<Record<string, string>>;
  readonly onKey: (event: KeyboardEvent) => boolean;
  readonly look: () => void;
  readonly close: () => void;
  readonly choose: (choice: Choice) => void;
}

/** Words of a name, or the whole of it, begin as what was typed; a name that stands there in full, with a space after it, is done. */
function begins(name: string, query: string): boolean {
  const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const [one, other] = [plain(name), plain(query)];
  return one.startsWith(other) || one.split(/[\s-]+/).some((word) => word.startsWith(other));
}

/** Offers the room's people for the name that is being typed after an @. */
export function useCompletion(
  room: Room,
  everybody: boolean,
  area: RefObject<HTMLTextAreaElement | null>,
  put: (text: string, from: number, to: number, person: Person | null) => void,
): Completing {
  const { t, i18n } = useTranslation('chat');
  const session = useSession();
  const personName = usePersonName();
  const list = useId();
  const [typed, setTyped] = useState<{ readonly query: string; readonly from: number } | null>(null);
  const [at, setAt] = useState(0);
  const [found, setFound] = useState<readonly Person[]>([]);
  const paged = room.count > room.members.length;
  const query = typed?.query;

  useEffect(() => {
    if (!paged || query === undefined || query === '') return;
    let over = false;
    const timer = setTimeout(() => {
      session.roomPeople(room.id, query, 0, SHOWN).then(
        ({ people }) => !over && setFound(people),
        () => !over && setFound([]),
      );
    }, PAUSE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [paged, query, room.id, session]);

  const choices = useMemo((): readonly Choice[] => {
    if (query === undefined) return [];
    const people = (paged ? found : room.members).filter((one) => one.pid !== session.me.pid && one.name !== null && one.name !== '');
    const matching = people.filter((one) => begins(personName(one, room), query))
      .toSorted((a, b) => Number(asTyped(personName(b), query)) - Number(asTyped(personName(a), query)) || personName(a).localeCompare(personName(b), languageTag()));
    const word = EVERYBODY[i18n.language as Language];
    const all = everybody && room.kind !== 'direct' && Object.values(EVERYBODY).some((one) => one.startsWith(query.toLowerCase())) ? [{ key: 'all', name: word, person: null }] : [];
    return [...matching.slice(0, SHOWN).map((person) => ({ key: person.pid, name: personName(person, room), person })), ...all];
  }, [query, paged, found, room, session, personName, everybody, i18n.language]);

  const count = choices.length;
  useEffect(() => {
    if (count > 0) announce(t('completion.count', { count }));
  }, [count, t]);

  const look = () => {
    const field = area.current;
    const now = field === null || document.activeElement !== field ? null : nameTyped({ text: field.value, start: field.selectionStart, end: field.selectionEnd });
    setTyped((before) => (before?.query === now?.query && before?.from === now?.from ? before : now));
    if (now?.query !== query) setAt(0);
  };
  const close = () => setTyped(null);
  const choose = ({ name, person }: Choice) => {
    if (typed === null) return;
    close();
    put(`@${name} `, typed.from, typed.from + 1 + typed.query.length, person);
  };
  const place = Math.min(at, count - 1);
  const onKey = (event: KeyboardEvent): boolean => {
    const chosen = choices[place];
    if (chosen === undefined || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    if (event.key === 'ArrowDown') setAt((place + 1) % count);
    else if (event.key === 'ArrowUp') setAt((place + count - 1) % count);
    else if (event.key === 'Enter' || event.key === 'Tab') choose(chosen);
    else if (event.key === 'Escape') close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const aria = count === 0 ? {} : { 'aria-autocomplete': 'list', 'aria-controls': list, 'aria-activedescendant': `${list}-${choices[place]?.key ?? ''}` };
  return { choices, at: place, list, aria, onKey, look, close, choose };
}

/** Whether a word of the name begins with just these signs: who types å means Åsa before Anna. */
function asTyped(name: string, query: string): boolean {
  return ` ${name}`.toLowerCase().replace(/-/g, ' ').includes(` ${query.toLowerCase()}`);
}

export function Completion({ completion: { choices, at, list, choose } }: { readonly completion: Completing }) {
  const { t } = useTranslation('chat');
  if (choices.length === 0) return null;
  return (
    <div id={list} className={[m('popover', 'menu'), c('completion')].join(' ')} role="listbox" aria-label={t('completion.label')}>
      {choices.map((choice, index) => (
        // The keys are the field's, which keeps the focus; the pointer may choose too.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
        <div
          key={choice.key}
          id={`${list}-${choice.key}`}
          role="option"
          aria-selected={index === at}
          className={m('item')}
          data-focused={index === at ? '' : undefined}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => choose(choice)}
        >
          {choice.person === null ? <Users aria-hidden="true" /> : <Avatar id={choice.key} name={choice.name} small />}
          <span className={m('grow')}>
            <span className={m('name')}>{choice.name}</span>
            <span className={m('about')}>{choice.person === null ? t('completion.everybody') : about(choice.person)}</span>
          </span>
        </div>
      ))}
    </div>
  );
}
