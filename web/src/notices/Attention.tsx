/** All that may call for a person's attention: calls, desktop notices, sounds, the number on the app's icon. Loaded after the chat. */
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import { noticesShowText } from '../app/preferences';
import { useSession } from '../app/SessionContext';
import { endRinging, ringingOf } from '../calls/ringingOf';
import { Rings } from '../calls/Rings';
import { usePersonName, useRoomTitle } from '../people/names';
import type { Readable, Room, RoomId } from '../session/api';
import { Signal } from '../session/signal';
import { useReadable } from '../ui/useReadable';
import { badge } from './badge';
import { mayRing } from './decide';
import * as desktop from './desktop';
import { Notices, type Words } from './notices';
import { soundRing } from './sounds';

const NEVER: Readable<boolean> = new Signal(false);

export interface AttentionProps {
  /** The room that is open. */
  readonly room: RoomId | null;
  /** The room whose meeting is open here. */
  readonly meeting: RoomId | null;
  /** Enters a room's meeting at once. */
  readonly onMeet: (room: RoomId) => void;
  readonly onLeave: () => void;
}

export function Attention({ room, meeting, onMeet, onLeave }: AttentionProps) {
  const session = useSession();
  const rooms = useReadable(session.rooms);
  const notices = useNotices(room);
  const busy = meeting !== null || rooms.some((one) => one.meeting?.people.includes(session.me.pid) === true);
  useBadge(rooms);
  useClicks();
  useSound(notices, rooms, busy);
  useCall(meeting, onMeet, onLeave);
  return <Rings busy={busy} onMeet={(of) => onMeet(of.id)} />;
}

/** The words of notices as they are now, without making notices anew when they change. */
function useWords(): () => Words {
  const { t } = useTranslation('notices');
  const personName = usePersonName();
  const roomTitle = useRoomTitle();
  const words: Words = {
    title: (author, room) => (room.kind === 'direct' ? personName(author, room) : t('title', { name: personName(author, room), room: roomTitle(room) })),
    body: ({ files }, text) => {
      if (text !== '') return text;
      if (files.length === 0 || !noticesShowText()) return t('message');
      return files.length === 1 ? t('file') : t('files', { count: files.length });
    },
    calls: (author, room) => t('calls', { name: room.kind === 'direct' ? personName(author, room) : `${personName(author, room)} · ${roomTitle(room)}` }),
    lang: languageTag(),
    showsText: noticesShowText(),
  };
  const now = useRef(words);
  useEffect(() => {
    now.current = words;
  });
  const [get] = useState(() => () => ({ ...now.current, showsText: noticesShowText() }));
  return get;
}

function useNotices(room: RoomId | null): Notices | null {
  const session = useSession();
  const words = useWords();
  const [notices, setNotices] = useState<Notices | null>(null);
  useEffect(() => {
    const inMeeting = () => session.rooms.get().some((one) => one.meeting?.people.includes(session.me.pid) === true);
    const made = new Notices(session, words, inMeeting);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- what this effect opens arrives as state
    setNotices(made);
    return () => {
      made.close();
      endRinging(session);
    };
  }, [session, words]);
  useEffect(() => {
    notices?.show(room);
  }, [notices, room]);
  return notices;
}

/** Where the browser shows one: the number on the icon of the installed app. */
function useBadge(rooms: readonly Room[]): void {
  const count = badge(rooms);
  useEffect(() => {
    if ('setAppBadge' in navigator) void navigator.setAppBadge(count).catch(() => undefined);
  }, [count]);
}

/** A click on a notice, which the service worker got. */
function useClicks(): void {
  useEffect(() => {
    if (!('serviceWorker' in navigator)) return undefined;
    const hear = ({ data }: MessageEvent<unknown>): void => {
      const go = typeof data === 'object' && data !== null && 'go' in data ? data.go : null;
      if (typeof go === 'string' && go.startsWith('#/')) location.hash = go;
    };
    navigator.serviceWorker.addEventListener('message', hear);
    return () => navigator.serviceWorker.removeEventListener('message', hear);
  }, []);
}

/** Sounds while something rings, in the one tab that may; the notice on the desktop goes with it. */
function useSound(notices: Notices | null, rooms: readonly Room[], busy: boolean): void {
  const session = useSession();
  const rings = useReadable(ringingOf(session).rings);
  const settings = useReadable(session.settings.own);
  const here = useReadable(notices?.sounds ?? NEVER);
  const coming = rings.find((ring) => !ring.mine && ring.state === 'ringing');
  const room = rooms.find(({ id }) => id === coming?.room);
  const [now] = useState(Date.now);
  const aloud = room !== undefined && mayRing(room, { settings, now: coming?.at ?? now, inMeeting: busy });
  const waiting = rings.some((ring) => ring.mine && ring.state === 'ringing');
  useEffect(() => (aloud && here ? soundRing('ring') : undefined), [aloud, here]);
  useEffect(() => (waiting ? soundRing('waiting') : undefined), [waiting]);

  const [id, from, of] = [coming?.id, coming?.from, room?.id];
  useEffect(() => {
    if (id === undefined || !aloud) return undefined;
    const shown = session.rooms.get().find((one) => one.id === of);
    if (from !== undefined && shown !== undefined) notices?.calls(from, shown);
    return () => void desktop.close((one) => one === of);
    // The caller's name and the room's title as they were when it began.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id, of, aloud, notices, session]);
}

/** One's own call opens the meeting; one that nobody took closes it. */
function useCall(meeting: RoomId | null, onMeet: (room: RoomId) => void, onLeave: () => void): void {
  const session = useSession();
  const ringing = ringingOf(session);
  const calls = useReadable(ringing.rings).find((ring) => ring.mine && ring.state === 'ringing')?.room ?? null;
  const now = useRef({ meeting, onMeet, onLeave });
  useEffect(() => {
    now.current = { meeting, onMeet, onLeave };
  });
  useEffect(() => {
    if (calls !== null) now.current.onMeet(calls);
  }, [calls]);
  useEffect(
    () =>
      ringing.over.subscribe(() => {
        const over = ringing.over.get();
        if (over === null || !over.mine || over.how === 'answered' || over.room !== now.current.meeting) return;
        const inside = session.rooms.get().find(({ id }) => id === over.room)?.meeting?.people ?? [];
        if (inside.every((pid) => pid === session.me.pid)) now.current.onLeave();
      }),
    [ringing, session],
  );
}
