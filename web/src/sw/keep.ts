/** The page's side of the service worker: has the client held, and notices when home serves a newer one. */
import { registerServiceWorker } from '../doors/trusted';
import { Signal } from '../session/signal';
import type { Held } from './held';

/** After the first screen, so that starting does not wait for it. */
const FIRST_MS = 4_000;
const EVERY_MS = 3600 * 1000;
const DEADLINE_MS = 60_000;

/** Home serves another client than this page. */
export const newer = new Signal(false);

/** Without a service worker (an old browser, storage refused) the client simply needs home at every start. */
export function keepClient(): void {
  if (!('serviceWorker' in navigator)) return;
  const look = (): void => {
    void hold().catch(() => undefined);
  };
  setTimeout(look, FIRST_MS);
  setInterval(look, EVERY_MS);
}

async function hold(): Promise<void> {
  const { active } = await registerServiceWorker().then(() => navigator.serviceWorker.ready);
  if (active === null) return;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<Held | null>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<Held | null>) => {
      resolve(data);
    };
    setTimeout(resolve, DEADLINE_MS, null);
  });
  active.postMessage('hold', [port2]);
  const held = await answer;
  port1.close();
  if (held !== null) newer.set(!held.files.includes(entry()));
}

/** The script that this page began with: its name changes with anything that it loads. */
function entry(): string {
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]');
  return new URL(script?.src ?? '/', location.href).pathname.slice(1);
}
