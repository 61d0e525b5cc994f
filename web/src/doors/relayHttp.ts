/** Relay's HTTP for browsers (`samrum.wire.relay_api`): requests with one answer, with the grant as bearer, never a cookie. */
import type { RoomId } from '../wire/ids';
import type { Join } from '../wire/types';
import * as valid from '../wire/validators';
import { exchange } from './http';

/** Where and how to enter the room's meeting. The token lives 60 s. */
export function join(relay: string, grant: string, room: RoomId): Promise<Join> {
  return exchange({
    url: `${relay}/rooms/${room}/join`,
    method: 'POST',
    headers: { Accept: 'application/json', Authorization: `Bearer ${grant}` },
    credentials: 'omit',
    away: 'relay_away',
    reply: valid.Join,
  });
}
