/** The meeting's screens without the shell: the real panel on the test's keys. `?lang=` chooses the language. */
import '../../src/ui/tokens.css';
import '../../src/ui/base.css';

import i18next from 'i18next';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { initReactI18next } from 'react-i18next';
import { MeetingPanel } from '../../src/meeting/index.tsx';
import de from '../../src/meeting/locales/de.json';
import en from '../../src/meeting/locales/en.json';
import sv from '../../src/meeting/locales/sv.json';
import type { Pid, Room, RoomId } from '../../src/session/api.ts';
import { TestAccess } from './access.ts';

const access = new TestAccess();
const room: Room = {
  id: 'r_aaaaaaaaaaaaaaaaaaaaaaaaaa' as RoomId,
  kind: 'group',
  title: 'Harness',
  version: 1,
  myRole: 'member',
  unread: 0,
  mentions: 0,
  topic: '',
  access: 'private',
  post: 'member',
  archived: false,
  picture: null,
  history: 'open',
  retention: '',
  pinned: false,
  notify: 'all',
  ownerless: false, mayOwn: false,
  lastAt: 0,
  members: Object.entries(window.config.names).map(([pid, name]) => ({
    pid: pid as Pid,
    name,
    department: '',
    title: '',
    role: 'member',
    me: pid === access.me.pid,
  })),
  count: Object.keys(window.config.names).length,
  adding: [],
  removing: [],
  meeting: null,
  trouble: null,
};

function App() {
  const [open, setOpen] = useState(true);
  if (!open) return <p id="closed">{room.id}</p>;
  return (
    <MeetingPanel
      access={access}
      room={room}
      onClose={() => {
        setOpen(false);
      }}
    />
  );
}

Object.assign(window, { harness: { access } });
const language = new URLSearchParams(location.search).get('lang') ?? 'en';
await i18next.use(initReactI18next).init({
  lng: language,
  resources: { en: { meeting: en }, sv: { meeting: sv }, de: { meeting: de } },
  fallbackLng: false,
  interpolation: { escapeValue: false },
});
const root = document.getElementById('root');
if (root !== null) {
  root.style.height = '100vh';
  createRoot(root).render(<App />);
}
