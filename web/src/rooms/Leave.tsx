import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { go } from '../app/route';
import { languageTag } from '../app/i18n';
import { useSession } from '../app/SessionContext';
import { usePersonName } from '../people/names';
import type { Member, Pid, Room } from '../session/api';
import { Button } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem, codeOf } from '../ui/Problem';
import { Picker } from '../ui/Picker';
import styles from './SettingsPanel.module.css';
import { useAttempt } from '../ui/useAttempt';

const c = classes(styles);

/** Whether nobody would own the room without this person, as far as its members are known here. */
function isLastOwner(room: Room): boolean {
  return room.myRole === 'owner' && room.count > 1 && room.members.length === room.count && !room.members.some((one) => !one.me && one.role === 'owner');
}

/** Leaving the room. The last owner hands it over first, or says that nobody shall own it. */
export function Leave({ room }: { readonly room: Room }) {
  const { t } = useTranslation('rooms');
  const session = useSession();
  const [step, setStep] = useState<'no' | 'ask' | 'last'>('no');
  const { busy, failure, attempt } = useAttempt();

  const leave = (action: () => Promise<void>) =>
    void attempt(async () => {
      try {
        await action();
      } catch (error) {
        if (codeOf(error) !== 'last_owner') throw error;
        setStep('last');
        return;
      }
      go({ name: 'start' });
    });
  const stay = (
    <Button look="quiet" onPress={() => setStep('no')}>
      {t('leave.stay')}
    </Button>
  );
  return (
    <div className={c('section')}>
      {failure !== undefined && <Problem error={failure} />}
      {step === 'no' && (
        <Button look="danger" onPress={() => setStep(isLastOwner(room) ? 'last' : 'ask')}>
          {t('leave.open')}
        </Button>
      )}
      {step === 'ask' && (
        <>
          <p>{t(room.access === 'public' ? 'leave.askPublic' : 'leave.ask')}</p>
          <Button look="danger" isPending={busy} onPress={() => leave(() => session.leaveRoom(room.id))}>
            {t('leave.sure')}
          </Button>
          {stay}
        </>
      )}
      {step === 'last' && (
        <LastOwner
          room={room}
          busy={busy}
          onHandOver={(heir) =>
            leave(async () => {
              await session.changeMembers(room.id, { role: [{ pid: heir, role: 'owner' }] });
              await session.leaveRoom(room.id);
            })
          }
          onLeave={() => leave(() => session.leaveRoom(room.id, true))}
        >
          {stay}
        </LastOwner>
      )}
    </div>
  );
}

function LastOwner({
  room,
  busy,
  onHandOver,
  onLeave,
  children,
}: {
  readonly room: Room;
  readonly busy: boolean;
  readonly onHandOver: (heir: Pid) => void;
  readonly onLeave: () => void;
  readonly children: React.ReactNode;
}) {
  const { t } = useTranslation('rooms');
  const personName = usePersonName();
  const [heir, setHeir] = useState<Pid | null>(null);
  const order = new Intl.Collator(languageTag());
  const named = (member: Member) => personName(member, room);
  const others = room.members.filter((one) => !one.me && one.role !== 'guest').toSorted((a, b) => order.compare(named(a), named(b)));
  return (
    <>
      <p>{t(others.length > 0 ? 'leave.last' : 'leave.lastBig')}</p>
      {others.length > 0 && (
        <>
          <Picker label={t('leave.heir')} placeholder={t('leave.choose')} value={heir} onChange={setHeir} choices={others.map((one) => ({ value: one.pid, text: named(one) }))} />
          <Button look="primary" isPending={busy} isDisabled={heir === null} onPress={() => heir !== null && onHandOver(heir)}>
            {t('leave.handOver')}
          </Button>
        </>
      )}
      <Button look="danger" isPending={busy} onPress={onLeave}>
        {t('leave.ownerless')}
      </Button>
      {children}
    </>
  );
}
