import { Copy, Ellipsis, Eye, Flag, MessagesSquare, Pencil, Reply, SmilePlus, Trash2 } from 'lucide-react';
import { type RefObject, Suspense, useEffect, useState } from 'react';
import { Menu, MenuItem, MenuTrigger, Popover, Toolbar } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { useSession } from '../app/SessionContext';
import { ReportDialog } from '../moderation/later';
import { usePersonName } from '../people/names';
import type { Message } from '../session/api';
import { announce } from '../ui/announce';
import { IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import menuStyles from '../ui/Menu.module.css';
import { EmojiButton } from './EmojiButton';
import { plainText } from './markdown';
import type { Named } from './mentions';
import styles from './MessageActions.module.css';
import { rightsIn, useRoomView } from './RoomContext';

const c = classes(styles);
const m = classes(menuStyles);
/** What can be done with a message: buttons beside it, the rest in a menu; letters do the same while the message has the focus. */
export function MessageActions({
  message,
  named,
  row,
  onHold,
  onReact,
  onRemove,
  onReaders,
}: {
  readonly message: Message;
  readonly named: readonly Named[];
  readonly row: RefObject<HTMLElement | null>;
  /** Something of it is open: it stays although the pointer has left. */
  readonly onHold: (held: boolean) => void;
  readonly onReact: (emoji: string, on: boolean) => void;
  readonly onRemove: () => void;
  /** Who has read it, in words. */
  readonly onReaders: (who: string) => void;
}) {
  const { t } = useTranslation('chat');
  const { room, model, thread, box, openThread } = useRoomView();
  const session = useSession();
  const personName = usePersonName();
  const [picking, setPicking] = useState(false);
  const [menu, setMenu] = useState(false);
  const [reporting, setReporting] = useState(false);
  const rights = rightsIn(room);

  const pick = (open: boolean) => {
    setPicking(open);
    onHold(open || menu);
  };
  const openMenu = (open: boolean) => {
    setMenu(open);
    onHold(open || picking);
  };
  const report = (open: boolean) => {
    setReporting(open);
    onHold(open);
    if (!open) row.current?.focus();
  };
  const copy = async () => {
    await navigator.clipboard.writeText(message.text);
    announce(t('actions.copied'));
  };
  const readers = () => {
    const names = [...model.seen.get()].flatMap(([pid, pos]) => (pid !== message.author.pid && pos >= (message.pos ?? Infinity) ? [personName(session.person(pid), room)] : []));
    onReaders(names.length === 0 ? t('actions.seenByNobody') : t('actions.seenByThese', { names: new Intl.ListFormat(languageTag(), { type: 'conjunction' }).format(names) }));
  };
  const can = {
    react: rights.react,
    reply: rights.write,
    thread: thread === null && rights.write,
    edit: message.mine && rights.write,
    remove: message.mine ? !room.archived : rights.moderate,
    readers: message.mine && room.kind !== 'direct' && model.seen.get().size > 0,
  };
  const act = {
    reply: () => box.reply(message),
    thread: () => openThread(message.thread ?? message.id),
    edit: () => box.edit(message, named),
    remove: onRemove,
  };

  useEffect(() => {
    const element = row.current;
    if (element === null) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.target !== element || event.ctrlKey || event.metaKey || event.altKey) return;
      const does: Record<string, (() => void) | false> = {
        Enter: () => openMenu(true),
        ContextMenu: () => openMenu(true),
        '+': can.react && (() => pick(true)),
        r: can.reply && act.reply,
        t: can.thread && act.thread,
        e: can.edit && act.edit,
        c: () => void copy(),
        Delete: can.remove && act.remove,
      };
      const what = does[event.key];
      if (what === undefined || what === false) return;
      event.preventDefault();
      what();
    };
    const onLongPress = (event: Event) => {
      if (!matchMedia('(hover: none)').matches) return;
      event.preventDefault();
      openMenu(true);
    };
    element.addEventListener('keydown', onKey);
    element.addEventListener('contextmenu', onLongPress);
    return () => {
      element.removeEventListener('keydown', onKey);
      element.removeEventListener('contextmenu', onLongPress);
    };
  });

  return (
    <div className={c('place')}>
      <Toolbar className={c('bar')} aria-label={t('actions.label')}>
        {can.react && (
          <EmojiButton
            small
            label={t('actions.react')}
            isOpen={picking}
            onOpenChange={pick}
            onPick={(emoji) => onReact(emoji, !message.reactions.some((one) => one.emoji === emoji && one.mine))}
          />
        )}
        {can.reply && (
          <IconButton small label={t('actions.reply')} onPress={act.reply}>
            <Reply aria-hidden="true" />
          </IconButton>
        )}
        {can.thread && (
          <IconButton small label={t('actions.thread')} onPress={act.thread}>
            <MessagesSquare aria-hidden="true" />
          </IconButton>
        )}
        <MenuTrigger isOpen={menu} onOpenChange={openMenu}>
          <IconButton small label={t('actions.more', { words: plainText(message.text).slice(0, 40) })}>
            <Ellipsis aria-hidden="true" />
          </IconButton>
          <Popover className={m('popover')} placement="bottom end">
            <Menu className={m('menu')}>
              {can.react && (
                <MenuItem className={m('item')} onAction={() => setTimeout(() => pick(true))}>
                  <SmilePlus aria-hidden="true" />
                  {t('actions.react')}
                </MenuItem>
              )}
              {can.reply && (
                <MenuItem className={m('item')} onAction={() => setTimeout(act.reply)}>
                  <Reply aria-hidden="true" />
                  {t('actions.reply')}
                </MenuItem>
              )}
              {can.thread && (
                <MenuItem className={m('item')} onAction={act.thread}>
                  <MessagesSquare aria-hidden="true" />
                  {t('actions.thread')}
                </MenuItem>
              )}
              {can.edit && (
                <MenuItem className={m('item')} onAction={() => setTimeout(act.edit)}>
                  <Pencil aria-hidden="true" />
                  {t('actions.edit')}
                </MenuItem>
              )}
              <MenuItem className={m('item')} onAction={() => void copy()}>
                <Copy aria-hidden="true" />
                {t('actions.copy')}
              </MenuItem>
              {can.readers && (
                <MenuItem className={m('item')} onAction={readers}>
                  <Eye aria-hidden="true" />
                  {t('actions.seenBy')}
                </MenuItem>
              )}
              {!message.mine && (
                <MenuItem className={m('item')} onAction={() => setTimeout(() => report(true))}>
                  <Flag aria-hidden="true" />
                  {t('actions.report')}
                </MenuItem>
              )}
              {can.remove && (
                <MenuItem className={m('item')} onAction={() => setTimeout(act.remove)}>
                  <Trash2 aria-hidden="true" />
                  {t(message.mine ? 'actions.delete' : 'actions.remove')}
                </MenuItem>
              )}
            </Menu>
          </Popover>
        </MenuTrigger>
      </Toolbar>
      {reporting && (
        <Suspense>
          <ReportDialog message={message} onClose={() => report(false)} />
        </Suspense>
      )}
    </div>
  );
}
