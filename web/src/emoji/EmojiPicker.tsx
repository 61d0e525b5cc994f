import { useEffect, useMemo, useState } from 'react';
import { Input, ListBox, ListBoxItem, SearchField, ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import type { Language } from '../app/preferences';
import { useSession } from '../app/SessionContext';
import { classes } from '../ui/classes';
import { type Emoji, GROUPS, loadEmoji, searchEmoji, type Tone, toned, TONES } from './catalogue';
import styles from './EmojiPicker.module.css';
import { habitsOf } from './habits';

const c = classes(styles);
const FOUND = 60;
/** One sign for each of Unicode's groups. */
const SIGNS: Record<(typeof GROUPS)[number], string> = { 0: '😀', 1: '👋', 3: '🐻', 4: '🍎', 5: '✈️', 6: '⚽', 7: '💡', 8: '❤️', 9: '🏁' };

/** Picks an emoji: the usual ones at once, all by group or by name in the person's language. */
export function EmojiPicker({ onPick }: { readonly onPick: (emoji: string) => void }) {
  const { t, i18n } = useTranslation('emoji');
  const habits = habitsOf(useSession());
  const [all, setAll] = useState<readonly Emoji[] | null>(null);
  const [query, setQuery] = useState('');
  const [group, setGroup] = useState<(typeof GROUPS)[number]>(0);
  const [tone, setTone] = useState<Tone>(habits.tone);
  useEffect(() => {
    let over = false;
    void loadEmoji(i18n.language as Language).then((loaded) => !over && setAll(loaded));
    return () => {
      over = true;
    };
  }, [i18n.language]);

  const shown = useMemo(
    () => (all === null ? [] : query.trim() === '' ? all.filter((one) => one.group === group) : searchEmoji(all, query, FOUND)),
    [all, query, group],
  );
  const pick = (emoji: string) => {
    habits.used(emoji);
    onPick(emoji);
  };
  return (
    <div className={c('picker')}>
      <ListBox className={c('row')} layout="grid" orientation="horizontal" aria-label={t('usual')} onAction={(key) => pick(String(key))}>
        {habits.usual().map((emoji) => (
          <ListBoxItem key={emoji} id={emoji} textValue={emoji} className={c('emoji')} aria-label={all?.find((one) => one.sign === emoji)?.name ?? emoji}>
            {emoji}
          </ListBoxItem>
        ))}
      </ListBox>
      <SearchField className={c('search')} aria-label={t('search')} value={query} onChange={setQuery} autoFocus={matchMedia('(hover: hover)').matches}>
        <Input className={c('input')} placeholder={t('search')} />
      </SearchField>
      {query.trim() === '' && (
        <ToggleButtonGroup
          className={c('groups')}
          aria-label={t('group')}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[group]}
          onSelectionChange={(keys) => setGroup(GROUPS.find((one) => keys.has(one)) ?? 0)}
        >
          {GROUPS.map((one) => (
            <ToggleButton key={one} id={one} className={c('group')} aria-label={t(`groups.${one}`)}>
              {SIGNS[one]}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      )}
      {all === null ? (
        <p className={c('empty')} role="status">
          {t('loading')}
        </p>
      ) : (
        <ListBox
          key={query.trim() === '' ? group : 'found'}
          className={c('grid')}
          layout="grid"
          aria-label={query.trim() === '' ? t(`groups.${group}`) : t('found')}
          onAction={(key) => pick(String(key))}
          renderEmptyState={() => <p className={c('empty')}>{t('nothing')}</p>}
        >
          {shown.map((one) => {
            const emoji = toned(one, tone);
            return (
              <ListBoxItem key={one.sign} id={emoji} textValue={one.name} className={c('emoji')} aria-label={one.name}>
                {emoji}
              </ListBoxItem>
            );
          })}
        </ListBox>
      )}
      <ToggleButtonGroup
        className={c('tones')}
        aria-label={t('tone')}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[tone]}
        onSelectionChange={(keys) => {
          const chosen = TONES.find((one) => keys.has(one)) ?? 0;
          habits.chooseTone(chosen);
          setTone(chosen);
        }}
      >
        {TONES.map((one) => (
          <ToggleButton key={one} id={one} className={c('tone')} aria-label={t(`tones.${one}`)}>
            {toned({ sign: '✋', name: '', words: '', group: 1, tones: true }, one)}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </div>
  );
}
