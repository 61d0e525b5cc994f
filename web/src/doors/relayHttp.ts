/** Relay's HTTP for browsers (`samrum.wire.relay_api`): requests with one answer, with the grant as bearer, never a cookie. */
import type { RoomId, TenantId } from '../wire/ids';
import type { Join, Witnessed } from '../wire/types';
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

/** The last head of home's ledger that relay witnessed. */
export function witnessed(relay: string, grant: string, tenant: TenantId): Promise<Witnessed> {
  return exchange({
    url: `${relay}/tenants/${tenant}/head`,
    method: 'GET',
    headers: { Accept: 'application/json', Authorization: `Bearer ${grant}` },
    credentials: 'omit',
    away: 'relay_away',
    reply: valid.Witnessed,
  });
}
