/**
 * Where one is: a hash, so that the server never learns which room is open, and *back* works as people expect.
 */
import { useSyncExternalStore } from 'react';

import type { MsgId, RoomId } from '../session/api';

export type Route =
  | { readonly name: 'start' }
  /** `at`: a message of it that is to be shown. */
  | { readonly name: 'room'; readonly room: RoomId; readonly at?: MsgId }
  | { readonly name: 'channels' }
  | { readonly name: 'settings' }
  | { readonly name: 'reports' }
  | { readonly name: 'calls' }
  | { readonly name: 'flows' }
  | { readonly name: 'devices' };

export function parseRoute(hash: string): Route {
  const [, name, id, at] = hash.split('/');
  if (name === 'rooms' && id !== undefined && /^r_[a-z2-7]{26}$/.test(id)) {
    return { name: 'room', room: id as RoomId, ...(at !== undefined && /^m_[a-z2-7]{26}$/.test(at) ? { at: at as MsgId } : {}) };
  }
  if (name === 'calls' || name === 'flows' || name === 'devices' || name === 'channels' || name === 'settings' || name === 'reports') return { name };
  return { name: 'start' };
}

export function routeHref(route: Route): string {
  if (route.name === 'room') return `#/rooms/${route.room}${route.at === undefined ? '' : `/${route.at}`}`;
  return route.name === 'start' ? '#/' : `#/${route.name}`;
}

export function go(route: Route): void {
  location.hash = routeHref(route);
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

let last: { hash: string; route: Route } | undefined;

function current(): Route {
  if (last?.hash !== location.hash) last = { hash: location.hash, route: parseRoute(location.hash) };
  return last.route;
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, current);
}
