/** Home's HTTP (`samrum.wire.home_api`): JSON on our own origin, with the session cookie; some calls proven by the device. */
import type { Dev, Pid, RoomId } from '../wire/ids';
import { utf8, type Bytes } from '../wire/bytes';
import type {
  Certs, Changed, ChangeMembers, ChangeRoom, Channels, Devices, Found, Keys, Ledger, Listed, Mentions, Mine, NewRoom, People, Renewed, RoomPeople, Rosters, Search, Session, Settings, SignIn, Since,
  Start, Started, ToldPast, WantKeys, WantPast,
} from '../wire/types';
import * as valid from '../wire/validators';
import { exchange, type Exchange } from './http';
import { codeOf } from './refusal';

/** Makes the `samrum-proof` statement of one request. `path` has its query; `now` is home's clock in s since 1970. */
export type Prove = (htm: string, path: string, body: Bytes, now: number) => Promise<string>;

type Method = Exchange<unknown>['method'];
type Check<T> = ((data: unknown) => data is T) | null;

export class HomeDoor {
  /** ms that home's clock is ahead of this device's; to a second, from the `Date` header. */
  private ahead = 0;

  constructor(private readonly prove: Prove) {}

  session(): Promise<Session> {
    return this.call('GET', '/session', undefined, valid.Session);
  }

  signIn(body: SignIn): Promise<Session> {
    return this.call('POST', '/sign-in', body, valid.Session);
  }

  signOut(): Promise<void> {
    return this.call('POST', '/sign-out', {}, null);
  }

  start(body: Start): Promise<Started> {
    return this.proven('POST', '/start', body, valid.Started);
  }

  renew(): Promise<Renewed> {
    return this.proven('POST', '/grant', {}, valid.Renewed);
  }

  keys(body: WantKeys): Promise<Keys> {
    return this.proven('POST', '/keys', body, valid.Keys);
  }

  since(cursor: number): Promise<Since> {
    return this.call('GET', `/since/${String(cursor)}`, undefined, valid.Since);
  }

  rosters(rooms: Partial<Record<RoomId, number>>): Promise<Rosters> {
    return this.call('POST', '/rosters', { rooms, fresh: true }, valid.Rosters);
  }

  /** A page of the member list of a room's newest snapshot. */
  listed(room: RoomId, after: string): Promise<Listed> {
    return this.call('GET', `/rooms/${room}/members?after=${after}`, undefined, valid.Listed);
  }

  roomPeople(room: RoomId, query: string, skip: number, limit: number): Promise<RoomPeople> {
    const asked = new URLSearchParams({ q: query, skip: String(skip), limit: String(limit) }).toString();
    return this.call('GET', `/rooms/${room}/people?${asked}`, undefined, valid.RoomPeople);
  }

  past(room: RoomId, body: WantPast): Promise<ToldPast> {
    return this.call('POST', `/rooms/${room}/past`, body, valid.ToldPast);
  }

  certs(devs: readonly Dev[]): Promise<Certs> {
    return this.call('POST', '/certs', { devs }, valid.Certs);
  }

  names(pids: readonly Pid[]): Promise<People> {
    return this.call('POST', '/names', { pids }, valid.People);
  }

  people(query: string, limit: number): Promise<People> {
    return this.call('GET', `/people?${new URLSearchParams({ q: query, limit: String(limit) }).toString()}`, undefined, valid.People);
  }

  createRoom(body: Partial<NewRoom> & Pick<NewRoom, 'room' | 'kind' | 'members'>): Promise<Changed> {
    return this.proven('POST', '/rooms', body, valid.Changed);
  }

  changeMembers(room: RoomId, body: Partial<ChangeMembers>): Promise<Changed> {
    return this.proven('POST', `/rooms/${room}/members`, body, valid.Changed);
  }

  changeRoom(room: RoomId, body: Partial<ChangeRoom>): Promise<Changed> {
    return this.proven('PATCH', `/rooms/${room}`, body, valid.Changed);
  }

  /** Takes over what nobody owns. */
  own(room: RoomId): Promise<Changed> {
    return this.proven('POST', `/rooms/${room}/own`, {}, valid.Changed);
  }

  /** `data`: base64url of a PNG or WebP. */
  putPicture(room: RoomId, data: string): Promise<Changed> {
    return this.proven('PUT', `/rooms/${room}/picture`, { data }, valid.Changed);
  }

  dropPicture(room: RoomId): Promise<Changed> {
    return this.proven('DELETE', `/rooms/${room}/picture`, {}, valid.Changed);
  }

  seeRoom(room: RoomId, body: Mine): Promise<void> {
    return this.call('PUT', `/rooms/${room}/mine`, body, null);
  }

  channels(query: string, skip: number, limit: number): Promise<Channels> {
    const asked = new URLSearchParams({ q: query, skip: String(skip), limit: String(limit) }).toString();
    return this.call('GET', `/channels?${asked}`, undefined, valid.Channels);
  }

  join(room: RoomId): Promise<Changed> {
    return this.proven('POST', `/rooms/${room}/join`, {}, valid.Changed);
  }

  /** One's own settings, all of them anew. */
  choose(body: Settings): Promise<void> {
    return this.call('PUT', '/settings', body, null);
  }

  search(body: Search): Promise<Found> {
    return this.call('POST', '/search', body, valid.Found);
  }

  mentions(): Promise<Mentions> {
    return this.call('GET', '/mentions', undefined, valid.Mentions);
  }

  devices(): Promise<Devices> {
    return this.call('GET', '/devices', undefined, valid.Devices);
  }

  /** A page of entries after the `after`-th, and the signed head. */
  ledger(after: number): Promise<Ledger> {
    return this.call('GET', `/ledger?after=${String(after)}&limit=1000`, undefined, valid.Ledger);
  }

  /** `lost`: somebody else may have it. */
  revoke(dev: Dev, lost: boolean): Promise<void> {
    return this.call('POST', `/devices/${dev}/revoke`, { lost }, null);
  }

  /** It was this person who signed in there. */
  known(dev: Dev): Promise<void> {
    return this.proven('POST', `/devices/${dev}/known`, {}, null);
  }

  /** With a proof; where home does not ask for it, its answer then carries the keys too. Also for doors that load later. */
  async proven<T>(method: Method, path: string, body: object, reply: Check<T>): Promise<T> {
    const once = async (): Promise<T> => {
      const now = Math.floor((Date.now() + this.ahead) / 1000);
      const proof = await this.prove(method, path, utf8(JSON.stringify(body)), now);
      return this.call(method, path, body, reply, { 'Samrum-Proof': proof });
    };
    try {
      return await once();
    } catch (error) {
      // This device's clock may have jumped; the refusal itself told home's time.
      if (codeOf(error) !== 'bad_proof') throw error;
      return once();
    }
  }

  /** One exchange. Also for doors that load later (`moderation.ts`). */
  call<T>(
    method: Method,
    url: string,
    body: object | undefined,
    reply: Check<T>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    return exchange({
      url,
      method,
      headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }), ...more },
      ...(body && { body: utf8(JSON.stringify(body)) }),
      credentials: 'same-origin',
      away: 'home_away',
      reply,
      seen: (response) => {
        const date = Date.parse(response.headers.get('Date') ?? '');
        if (!Number.isNaN(date)) this.ahead = date - Date.now();
      },
    });
  }
}
