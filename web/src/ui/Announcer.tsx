import { useEffect, useState } from 'react';

import { onAnnounce } from './announce';

/** The live region of {@link announce}; the attribute keeps React Aria from hiding it while a dialog is open. */
export function Announcer() {
  const [said, setSaid] = useState({ text: '', n: 0 });
  useEffect(() => onAnnounce((text) => setSaid(({ n }) => ({ text, n: n + 1 }))), []);
  return (
    <div className="hidden-text" role="status" data-live-announcer>
      {/* A new element each time: the same words said twice are read twice. */}
      <span key={said.n}>{said.text}</span>
    </div>
  );
}
