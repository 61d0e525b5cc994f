import { ALargeSmall, SendHorizontal, SmilePlus, X } from 'lucide-react';
import { type KeyboardEvent, lazy, Suspense, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useSession } from '../app/SessionContext';
import { AttachButton, type Attachments } from '../files';
import { usePersonName, useRoomTitle } from '../people/names';
import type { Draft, Person } from '../session/api';
import { Button, IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { useReadable } from '../ui/useReadable';
import { Completion, useCompletion } from './Completion';
import styles from './Composer.module.css';
import { type Change, inFence, type Mark, marked, nextLine, type Selection } from './editing';
import { blocksOf } from './markdown';
import { callsEverybody, mentionedIn } from './mentions';
import { rightsIn, useRoomView } from './RoomContext';

const c = classes(styles);
const loadFormat = () => import('./Format');
const FormatBar = lazy(() => loadFormat().then((module) => ({ default: module.FormatBar })));
const Preview = lazy(() => loadFormat().then((module) => ({ default: module.Preview })));
const EmojiButton = lazy(() => import('./EmojiButton').then((module) => ({ default: module.EmojiButton })));

const TYPING_EVERY_MS = 3000;
/** Below this width a touch keyboard would cover the room that was just opened. */
const ROOMY = '(min-width: 44.01rem)';
/** What an envelope holds, less what else goes with a text (wire.envelope: 60 KiB). */
const MOST_BYTES = 60 * 1024 - 2048;
/** Nearer to it than this, what is left is told. */
const NEAR_BYTES = 8 * 1024;

const KEYS: Readonly<Record<string, Mark>> = { b: 'strong', i: 'em', 'shift+x': 'del', 'shift+c': 'code', 'shift+k': 'link', 'shift+b': 'block', 'shift+8': 'list', 'shift+9': 'quote' };

/** Bytes in UTF-8, counted only where they may matter. */
function bytesLeft(text: string): number {
  return text.length < MOST_BYTES / 4 ? Infinity : MOST_BYTES - new TextEncoder().encode(text).length;
}

/** Where one writes. Enter sends, Shift+Enter makes a line; Enter that ends an input method's word does neither, and in code it makes a line. */
export function Composer({ attachments }: { readonly attachments: Attachments }) {
  const { t } = useTranslation('chat');
  const { room, model, box, thread, me, source } = useRoomView();
  const session = useSession();
  const personName = usePersonName();
  const title = useRoomTitle()(room);
  const written = useReadable(box);
  const { text, quote, editing } = written;
  const [failure, setFailure] = useState<unknown>();
  const [formats, setFormats] = useState(false);
  /** Sending was asked for while files were still on their way. */
  const [waiting, setWaiting] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const told = useRef(0);
  const id = useId();
  const rights = rightsIn(room);

  useEffect(() => {
    if (matchMedia(ROOMY).matches) area.current?.focus();
    return box.onFocus(() => {
      area.current?.focus();
      // Once more after the screen has changed, and after whatever closed has given its focus back.
      setTimeout(() => {
        const field = area.current;
        if (field === null || (document.activeElement === field && field.selectionEnd === field.value.length)) return;
        field.focus();
        field.setSelectionRange(field.value.length, field.value.length);
      }, 30);
    });
  }, [box]);

  const write = (value: string) => {
    box.set({ text: value });
    const now = performance.now();
    if (value.trim() !== '' && now - told.current > TYPING_EVERY_MS) {
      told.current = now;
      model.typing();
    }
  };

  const selection = (): Selection => ({ text: area.current?.value ?? text, start: area.current?.selectionStart ?? text.length, end: area.current?.selectionEnd ?? text.length });

  /** As if typed, so that the browser can undo it. */
  const apply = ({ from, to, put, start, end }: Change) => {
    const field = area.current;
    if (field === null) return;
    field.focus();
    field.setSelectionRange(from, to);
    // The only way to change a field's text that undo knows; every browser has it.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (document.execCommand(put === '' ? 'delete' : 'insertText', false, put)) field.setSelectionRange(start, end);
    else {
      write(field.value.slice(0, from) + put + field.value.slice(to));
      requestAnimationFrame(() => field.setSelectionRange(start, end));
    }
  };

  const completion = useCompletion(room, rights.moderate || room.count <= 100, area, (put, from, to, person: Person | null) => {
    if (person !== null) box.set({ named: [...box.get().named, { pid: person.pid, name: personName(person, room) }] });
    apply({ from, to, put, start: from + put.length, end: from + put.length });
  });

  const left = bytesLeft(text);
  const sendable = left >= 0 && (editing !== null || !attachments.busy) && (text.trim() !== '' || (editing === null ? attachments.ready : editing.files.length > 0));
  /** Too long for a message: the text goes as a file. */
  const asFile = () => {
    attachments.add([{ file: new File([text], t('composer.fileName'), { type: 'text/markdown' }), handle: null }]);
    box.set({ text: '' });
    area.current?.focus();
  };
  const send = async () => {
    const words = text.trim();
    if (!sendable) {
      setWaiting(attachments.busy && left >= 0);
      return;
    }
    const files = editing === null ? attachments.take() : editing.files;
    if (words === '' && files.length === 0) return;
    const draft: Draft = {
      text: words,
      mentions: mentionedIn(words, written.named),
      mentionsAll: callsEverybody(words) && (rights.moderate || room.count <= 100),
      ...(quote === null ? {} : { quote }),
      ...(files.length === 0 ? {} : { files }),
      ...(thread === null ? {} : { thread }),
    };
    box.set(editing === null ? { text: '', named: [], quote: null } : editing.before);
    told.current = 0;
    setFailure(undefined);
    try {
      if (editing === null) {
        await model.send(draft);
        attachments.settle(files, true);
      } else await model.edit(editing.id, draft);
    } catch (error) {
      // Nothing that was written is lost: it stands in the box again, before what was written meanwhile.
      const meanwhile = box.get().text;
      box.set({ ...written, text: meanwhile === '' || editing !== null ? words : `${words}\n${meanwhile}` });
      if (editing === null) attachments.settle(files, false);
      setFailure(error);
    }
  };

  /** The last of one's own messages here, which ArrowUp changes. */
  const changeLast = (): boolean => {
    const last = source.get().messages.findLast((one) => one.mine && one.kind === 'text' && one.deleted === null && one.thread === thread && one.state === 'sent');
    if (last === undefined) return false;
    box.edit(last, last.mentions.map((pid) => ({ pid, name: personName(session.person(pid), room) })));
    return true;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // Safari ends the composition before this event: only the old code 229 still says that the key belongs to the input method.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (completion.onKey(event)) return;
    const now = selection();
    const control = event.ctrlKey || event.metaKey;
    if (event.key === 'Enter' && (!event.shiftKey || control)) {
      if (!control && inFence(now.text, now.start)) return;
      event.preventDefault();
      void send();
    } else if (event.key === 'Enter') {
      const change = nextLine(now);
      if (change === null) return;
      event.preventDefault();
      apply(change);
    } else if (control && !event.altKey) {
      const key = /^Digit(\d)$/.exec(event.code)?.[1] ?? event.key.toLowerCase();
      const mark = KEYS[event.shiftKey ? `shift+${key}` : key];
      if (mark === undefined) return;
      event.preventDefault();
      apply(marked(now, mark));
    } else if (event.key === 'ArrowUp' && now.text === '' && !event.altKey && !event.shiftKey) {
      if (changeLast()) event.preventDefault();
    } else if (event.key === 'Escape' && (editing !== null || quote !== null)) {
      event.preventDefault();
      event.stopPropagation();
      box.cancel();
    }
  };

  if (!rights.write) {
    return <p className={c('closed')}>{t(room.archived ? 'composer.archived' : 'composer.onlyModerators')}</p>;
  }
  const label = thread === null ? t('composer.label') : t('composer.threadLabel');
  return (
    <div className={c('composer')}>
      {failure !== undefined && <Problem error={failure} />}
      {(quote !== null || editing !== null) && (
        <div className={c('about')}>
          <p className={c('aboutWords')}>
            <strong>{editing !== null ? t('composer.editing') : t('composer.answering', { name: quote === null ? '' : quote.pid === me ? t('log.me') : personName(session.person(quote.pid), room) })}</strong>{' '}
            {quote !== null && <bdi>{quote.text}</bdi>}
          </p>
          <IconButton small label={t(editing !== null ? 'composer.stopEditing' : 'composer.stopAnswering')} onPress={() => box.cancel()}>
            <X aria-hidden="true" />
          </IconButton>
        </div>
      )}
      {editing === null && attachments.list}
      {waiting && attachments.busy && (
        <p className={c('left')} role="status">
          {t('composer.filesComing')}
        </p>
      )}
      {formats && (
        <Suspense>
          <FormatBar onMark={(mark) => apply(marked(selection(), mark))} />
          {blocksOf(text) !== null && <Preview text={text} />}
        </Suspense>
      )}
      <form
        className={c('box')}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Completion completion={completion} />
        <div className={c('tools')}>
          {editing === null && <AttachButton attachments={attachments} />}
          <IconButton
            label={t('composer.format')}
            aria-expanded={formats}
            onHoverStart={() => void loadFormat()}
            onPress={() => {
              setFormats(!formats);
              area.current?.focus();
            }}
          >
            <ALargeSmall aria-hidden="true" />
          </IconButton>
          <Suspense
            fallback={
              <IconButton label={t('composer.emoji')} isDisabled>
                <SmilePlus aria-hidden="true" />
              </IconButton>
            }
          >
            <EmojiButton
              onPick={(emoji) => {
                // Once the picker is gone and lets the focus go.
                setTimeout(() => {
                  const { start, end } = selection();
                  apply({ from: start, to: end, put: emoji, start: start + emoji.length, end: start + emoji.length });
                }, 60);
              }}
            />
          </Suspense>
        </div>
        <textarea
          ref={area}
          className={c('area')}
          aria-label={label}
          aria-describedby={left < NEAR_BYTES ? `${id}-left` : undefined}
          rows={1}
          placeholder={thread === null ? t('composer.placeholder', { title }) : t('composer.threadPlaceholder')}
          value={text}
          onChange={(event) => {
            write(event.target.value);
            completion.look();
          }}
          onKeyDown={onKeyDown}
          onPaste={(event) => editing === null && attachments.onPaste(event)}
          onSelect={completion.look}
          onBlur={completion.close}
          enterKeyHint="send"
          dir="auto"
          {...completion.aria}
        />
        <IconButton type="submit" label={t(editing === null ? 'composer.send' : 'composer.save')} isDisabled={!sendable}>
          <SendHorizontal aria-hidden="true" />
        </IconButton>
      </form>
      {left < NEAR_BYTES && (
        <div className={c('limit')}>
          <p id={`${id}-left`} className={c('left', left < 0 && 'over')} role="status">
            {left < 0 ? t('composer.over', { count: -left }) : t('composer.left', { count: left })}
          </p>
          {left < 0 && editing === null && (
            <Button small onPress={asFile}>
              {t('composer.asFile')}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
