import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';

import type { Person, Room } from '../session/api';

/** A person's name; "Participant 3" by the place among the room's members while home has not told the name. */
export function usePersonName(): (person: Person, room?: Room) => string {
  const { t } = useTranslation('people');
  return useCallback(
    (person, room) => {
      if (person.name !== null && person.name !== '') return person.name;
      const place = room?.members.findIndex((member) => member.pid === person.pid) ?? -1;
      return place < 0 ? t('unknown') : t('participant', { n: place + 1 });
    },
    [t],
  );
}

/** A room's title; for a direct message the other person. */
export function useRoomTitle(): (room: Room) => string {
  const personName = usePersonName();
  const { t } = useTranslation('people');
  return useCallback(
    (room) => {
      if (room.title !== '') return room.title;
      const other = room.members.find((member) => !member.me);
      return other === undefined ? t('unknown') : personName(other, room);
    },
    [personName, t],
  );
}

/** Department and title in one line. */
export function about(person: Person): string {
  return [person.title, person.department].filter((part) => part !== '').join(' · ');
}
