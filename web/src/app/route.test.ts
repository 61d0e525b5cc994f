import { expect, it } from 'vitest';

import type { RoomId } from '../session/api';
import { parseRoute, type Route, routeHref } from './route';

const room = 'r_abcdefghijklmnopqrstuvwxyz' as RoomId;

it('writes and reads every route', () => {
  const routes: Route[] = [{ name: 'start' }, { name: 'room', room }, { name: 'calls' }, { name: 'flows' }, { name: 'devices' }];
  for (const route of routes) expect(parseRoute(routeHref(route))).toEqual(route);
});

it('starts at what it does not know', () => {
  for (const hash of ['', '#', '#/x', '#/rooms', '#/rooms/p_x', `#/rooms/${room}x`, '#/rooms/r_ABC']) {
    expect(parseRoute(hash)).toEqual({ name: 'start' });
  }
});
