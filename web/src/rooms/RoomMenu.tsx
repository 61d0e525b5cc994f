import { Check, CheckCheck, Pin, PinOff } from 'lucide-react';
import type { RefObject } from 'react';
import { Header, Menu, MenuItem, MenuSection, Popover, Separator } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { useSession } from '../app/SessionContext';
import { useRoomTitle } from '../people/names';
import type { Room } from '../session/api';
import { announce } from '../ui/announce';
import { classes } from '../ui/classes';
import menuStyles from '../ui/Menu.module.css';
import { NOTIFY } from './words';

const m = classes(menuStyles);

/** What one may do with a room without opening it. */
export function RoomMenu({
  room,
  place,
  onClose,
  onFailure,
}: {
  readonly room: Room;
  readonly place: RefObject<HTMLElement | null>;
  readonly onClose: () => void;
  /** With `undefined`: it went well. */
  readonly onFailure: (error: unknown) => void;
}) {
  const { t } = useTranslation('rooms');
  const { settings } = useSession();
  const title = useRoomTitle()(room);

  const see = async (how: Parameters<typeof settings.seeRoom>[1], done: string) => {
    try {
      await settings.seeRoom(room.id, how);
      onFailure(undefined);
      announce(done);
    } catch (error) {
      onFailure(error);
    }
  };

  return (
    <Popover className={m('popover')} aria-label={t('menu.label', { title })} triggerRef={place} placement="bottom end" isOpen onOpenChange={(open) => !open && onClose()}>
      <Menu className={m('menu')} aria-label={t('menu.label', { title })} autoFocus="first" onClose={onClose}>
        {!room.archived && (
          <MenuItem className={m('item')} onAction={() => void see({ pinned: !room.pinned }, t(room.pinned ? 'menu.unpinned' : 'menu.pinned', { title }))}>
            {room.pinned ? <PinOff aria-hidden="true" /> : <Pin aria-hidden="true" />}
            {t(room.pinned ? 'menu.unpin' : 'menu.pin')}
          </MenuItem>
        )}
        <MenuItem className={m('item')} isDisabled={room.unread === 0} onAction={() => settings.markRead(room.id)}>
          <CheckCheck aria-hidden="true" />
          {t('menu.read')}
        </MenuItem>
        <Separator className={m('separator')} />
        <MenuSection
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[room.notify]}
          onSelectionChange={(keys) => {
            const notify = NOTIFY.find((one) => keys !== 'all' && keys.has(one));
            if (notify !== undefined && notify !== room.notify) void see({ notify }, t(`notify.${notify}`));
          }}
        >
          <Header className={m('heading')}>{t('notify.label')}</Header>
          {NOTIFY.map((one) => (
            <MenuItem key={one} id={one} className={m('item')}>
              <span className={m('grow')}>{t(`notify.${one}`)}</span>
              <Check className={m('check')} aria-hidden="true" />
            </MenuItem>
          ))}
        </MenuSection>
      </Menu>
    </Popover>
  );
}
