import { useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { useSession } from '../app/SessionContext';
import { usePersonName } from '../people/names';
import type { Message, Reaction } from '../session/api';
import { classes } from '../ui/classes';
import { useTip } from '../ui/useTip';
import styles from './MessageRow.module.css';
import { rightsIn, useRoomView } from './RoomContext';

const c = classes(styles);
/** Kinds of reactions shown at once, and people named of one. */
const SHOWN = 12;
const NAMED = 12;

/** What people think of a message: a press adds one's own or takes it back. */
export function Reactions({ message, onReact }: { readonly message: Message; readonly onReact: (emoji: string, on: boolean) => void }) {
  const { t } = useTranslation('chat');
  const [all, setAll] = useState(false);
  const shown = all ? message.reactions : message.reactions.slice(0, SHOWN);
  const more = message.reactions.length - shown.length;
  return (
    <div className={c('reactions')} role="group" aria-label={t('reactions.label')}>
      {shown.map((reaction) => (
        <ReactionButton key={reaction.emoji} reaction={reaction} onReact={(on) => onReact(reaction.emoji, on)} />
      ))}
      {more > 0 && (
        <button type="button" className={c('reaction')} onClick={() => setAll(true)}>
          {t('reactions.more', { count: more })}
        </button>
      )}
    </div>
  );
}

function ReactionButton({ reaction: { emoji, count, mine, people }, onReact }: { readonly reaction: Reaction; readonly onReact: (on: boolean) => void }) {
  const { t } = useTranslation('chat');
  const session = useSession();
  const personName = usePersonName();
  const { room, me } = useRoomView();
  const who = () => {
    const names = people.slice(0, NAMED).map((pid) => (pid === me ? t('log.me') : personName(session.person(pid), room)));
    const rest = count - names.length;
    return new Intl.ListFormat(languageTag(), { type: 'conjunction' }).format(rest > 0 ? [...names, t('reactions.others', { count: rest })] : names);
  };
  const { anchor, on, tip } = useTip(who);
  return (
    <>
      <Button
        ref={anchor}
        className={c('reaction', mine && 'own')}
        aria-pressed={mine}
        isDisabled={!rightsIn(room).react}
        {...on}
        onPress={() => onReact(!mine)}
        aria-label={t('reactions.one', { emoji, count, who: who() })}
      >
        <span className={c('emoji')}>{emoji}</span>
        <span aria-hidden="true">{count}</span>
      </Button>
      {tip}
    </>
  );
}
