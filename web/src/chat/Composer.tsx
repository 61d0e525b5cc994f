import { SendHorizontal } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useSession } from '../app/SessionContext';
import { useRoomTitle } from '../people/names';
import type { Room, RoomModel } from '../session/api';
import { IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import styles from './Composer.module.css';
import { draftsOf } from './drafts';

const c = classes(styles);
const TYPING_EVERY_MS = 3000;
/** Below this width a touch keyboard would cover the room that was just opened. */
const ROOMY = '(min-width: 44.01rem)';

/** Where one writes. Enter sends, Shift+Enter makes a line; Enter that ends an input method's word does neither. */
export function Composer({ model, room }: { readonly model: RoomModel; readonly room: Room }) {
  const { t } = useTranslation('chat');
  const drafts = draftsOf(useSession());
  const title = useRoomTitle()(room);
  const [text, setText] = useState(() => drafts.get(room.id) ?? '');
  const [failure, setFailure] = useState<unknown>();
  const area = useRef<HTMLTextAreaElement>(null);
  const told = useRef(0);

  useEffect(() => {
    if (matchMedia(ROOMY).matches) area.current?.focus();
  }, []);

  const change = (value: string) => {
    setText(value);
    if (value === '') drafts.delete(room.id);
    else drafts.set(room.id, value);
  };

  const write = (value: string) => {
    change(value);
    const now = performance.now();
    if (value.trim() !== '' && now - told.current > TYPING_EVERY_MS) {
      told.current = now;
      model.typing();
    }
  };

  const send = async () => {
    const words = text.trim();
    if (words === '') return;
    change('');
    told.current = 0;
    setFailure(undefined);
    try {
      await model.send(words);
    } catch (error) {
      // Nothing that was written is lost: it stands in the box again, before what was written meanwhile.
      const meanwhile = drafts.get(room.id) ?? '';
      change(meanwhile === '' ? words : `${words}\n${meanwhile}`);
      setFailure(error);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    // Safari ends the composition before this event: only the old code 229 still says that the key belongs to the input method.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (event.keyCode === 229) return;
    event.preventDefault();
    void send();
  };

  return (
    <div className={c('composer')}>
      {failure !== undefined && <Problem error={failure} />}
      <form
        className={c('box')}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <textarea
          ref={area}
          className={c('area')}
          aria-label={t('composer.label')}
          rows={1}
          placeholder={t('composer.placeholder', { title })}
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
          enterKeyHint="send"
        />
        <IconButton type="submit" label={t('composer.send')} isDisabled={text.trim() === ''}>
          <SendHorizontal aria-hidden="true" />
        </IconButton>
      </form>
    </div>
  );
}
