/** Desktop notices: asked for by a click, shown through the service worker, closed when the room has been read. */
import { routeHref } from '../app/route';
import type { RoomId } from '../session/api';

export type Permission = 'granted' | 'denied' | 'default' | 'impossible';

export function permission(): Permission {
  return 'Notification' in globalThis && 'serviceWorker' in navigator ? Notification.permission : 'impossible';
}

/** Call from a click. */
export async function askPermission(): Promise<Permission> {
  return permission() === 'impossible' ? 'impossible' : Notification.requestPermission();
}

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  return 'serviceWorker' in navigator ? navigator.serviceWorker.getRegistration() : undefined;
}

interface DesktopNotice {
  /** A newer one takes the place of an older one of the same room. */
  readonly room: RoomId;
  readonly title: string;
  readonly body: string;
  readonly lang: string;
  /** It stays until somebody has done something about it: a call. */
  readonly stays?: boolean;
}

/** Shows it, where that is allowed; never throws. Its sound is ours (`sounds.ts`), so the system makes none. */
export async function show({ room, title, body, lang, stays = false }: DesktopNotice): Promise<void> {
  if (permission() !== 'granted') return;
  // Where a click leads: the service worker gets it (`sw.worker.ts`).
  const data = { href: routeHref({ name: 'room', room }) };
  const options = { body, lang, tag: room, data, silent: true, requireInteraction: stays };
  await (await registration())?.showNotification(title, options).catch(() => undefined);
}

/** Takes away the notices of some rooms. */
export async function close(of: (room: RoomId) => boolean): Promise<void> {
  const shown = await (await registration())?.getNotifications().catch(() => []);
  for (const one of shown ?? []) if (of(one.tag as RoomId)) one.close();
}
