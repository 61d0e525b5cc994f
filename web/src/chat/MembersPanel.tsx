import { Ban, Check, Ellipsis, UserMinus } from 'lucide-react';
import { Suspense, useState } from 'react';
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { useSession } from '../app/SessionContext';
import { BlockedPeople } from '../moderation/later';
import { MemberPages } from '../people/MemberPages';
import { about, usePersonName } from '../people/names';
import { PeoplePicker } from '../people/PeoplePicker';
import { PresenceDot } from '../people/PresenceDot';
import type { Member, Person, Pid, Room } from '../session/api';
import { Avatar } from '../ui/Avatar';
import { Button, IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import menuStyles from '../ui/Menu.module.css';
import { Problem } from '../ui/Problem';
import styles from './MembersPanel.module.css';

const c = classes(styles);
const m = classes(menuStyles);
/** Rooms with more members show nobody's presence (`wire.stream.PRESENCE_MEMBERS`). */
const PRESENCE_MEMBERS = 100;
const ROLES = ['owner', 'moderator', 'member'] as const;

/** Who is in the room and as what. Owners and moderators add people, take them out, and give roles. */
export function MembersPanel({ room }: { readonly room: Room }) {
  const { t } = useTranslation('chat');
  const session = useSession();
  const personName = usePersonName();
  const [adding, setAdding] = useState<readonly Person[]>([]);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const leads = room.kind !== 'direct' && (room.myRole === 'owner' || room.myRole === 'moderator');

  const change = async (what: Parameters<typeof session.changeMembers>[1]): Promise<boolean> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await session.changeMembers(room.id, what);
      return true;
    } catch (error) {
      setFailure(error);
      return false;
    } finally {
      setBusy(false);
    }
  };

  const block = async (pid: Pid): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await (await session.moderation.load()).block(room.id, pid);
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  };

  const add = async () => {
    if (await change({ add: adding.map((person) => person.pid) })) setAdding([]);
  };

  const order = new Intl.Collator(languageTag());
  const paged = room.count > room.members.length;
  const members = (paged ? [] : room.members).toSorted((a, b) => order.compare(personName(a, room), personName(b, room)));
  const shown = (member: Member) => (
    <>
      {member.me || room.count > PRESENCE_MEMBERS ? (
        <Avatar id={member.pid} name={personName(member, room)} />
      ) : (
        <PresenceDot pid={member.pid}>
          <Avatar id={member.pid} name={personName(member, room)} />
        </PresenceDot>
      )}
      <div className={c('who')}>
        <p className={c('name')}>
          {personName(member, room)} {member.me && <span className={c('me')}>{t('members.me')}</span>}{' '}
          {member.integration === true && <span className={c('role')}>{t('integration')}</span>}{' '}
          {room.kind !== 'direct' && member.role !== 'member' && member.integration !== true && <span className={c('role')}>{t(`roles.${member.role}`)}</span>}
        </p>
        {about(member) !== '' && <p className={c('about')}>{about(member)}</p>}
        {(member.status ?? '') !== '' && <p className={c('about')}>{member.status}</p>}
        {room.adding.includes(member.pid) && <p className={c('about')}>{t('members.adding')}</p>}
      </div>
      {leads && !member.me && member.role !== 'guest' && (
        <MemberMenu
          member={member}
          name={personName(member, room)}
          busy={busy}
          onRole={(role) => void change({ role: [{ pid: member.pid, role }] })}
          onRemove={() => void change({ remove: [member.pid] })}
          onBlock={() => void block(member.pid)}
        />
      )}
    </>
  );
  return (
    <>
      {leads && (
        <div className="stack">
          <PeoplePicker chosen={adding} onChange={setAdding} without={room.members.map((member) => member.pid)} />
          {adding.length > 0 && (
            <Button look="primary" isPending={busy} onPress={() => void add()}>
              {t('members.add', { count: adding.length })}
            </Button>
          )}
        </div>
      )}
      {failure !== undefined && <Problem error={failure} />}
      <ul className={c('members')}>
        {members.map((member) => (
          <li key={member.pid} className={c('member')}>
            {shown(member)}
          </li>
        ))}
        {room.removing.map((person) => (
          <li key={person.pid} className={c('member')}>
            <Avatar id={person.pid} name={personName(person, room)} />
            <div className={c('who')}>
              <p className={c('name')}>{personName(person, room)}</p>
              <p className={c('about')}>{t('members.removing')}</p>
            </div>
          </li>
        ))}
      </ul>
      {paged && <MemberPages room={room}>{shown}</MemberPages>}
      {leads && (
        <Suspense>
          <BlockedPeople room={room} />
        </Suspense>
      )}
    </>
  );
}

function MemberMenu({
  member,
  name,
  busy,
  onRole,
  onRemove,
  onBlock,
}: {
  readonly member: Member;
  readonly name: string;
  readonly busy: boolean;
  readonly onRole: (role: Member['role']) => void;
  readonly onRemove: () => void;
  readonly onBlock: () => void;
}) {
  const { t } = useTranslation('chat');
  return (
    <MenuTrigger>
      <IconButton small label={t('members.menu', { name })} isDisabled={busy}>
        <Ellipsis aria-hidden="true" />
      </IconButton>
      <Popover className={m('popover')} placement="bottom end">
        <Menu className={m('menu')}>
          {(member.integration === true ? [] : ROLES).map((role) => (
            <MenuItem key={role} className={m('item')} isDisabled={member.role === role} onAction={() => onRole(role)}>
              <span className={m('grow')}>{t(`members.make.${role}`)}</span>
              {member.role === role && <Check aria-hidden="true" />}
            </MenuItem>
          ))}
          <MenuItem className={m('item')} onAction={onRemove}>
            <UserMinus aria-hidden="true" />
            {t('members.remove')}
          </MenuItem>
          {member.integration !== true && (
            <MenuItem className={m('item')} onAction={onBlock}>
              <Ban aria-hidden="true" />
              {t('members.block')}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
