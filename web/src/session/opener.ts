/** Opens envelopes, asking home for the certificates, chains and keys that are missing. */
import { codeOf } from '../doors/refusal';
import type { Opened } from '../keys/vault';
import type { Bytes } from '../wire/bytes';
import type { Dev, RoomId } from '../wire/ids';
import type { Content } from '../wire/types';
import type { Opening } from './api';
import type { Ground } from './ground';
import type { Rooms } from './rooms';
import { spread } from './size';

const CERTS_A_REQUEST = 500;
const KEYS_A_REQUEST = 1000;
const LIVE_MS = 60_000;
/** How far big rooms' devices spread out when a new key is first used, in ms. Who writes does not wait. */
const KEY_MS = 10_000;
/** The longest chain of needs: roster, what was before, certificate, key, and the opening itself. */
const ROUNDS = 5;

/** What became of an envelope, for the screens. */
export interface Result {
  readonly head: Opened['head'];
  readonly opening: Opening;
  /** What an opened one says. */
  readonly said: Content | null;
}

const FINAL: Partial<Record<Opened['state'], Opening>> = {
  opened: 'opened', cannot_open: 'cannot_open', newer_version: 'newer_version',
};

export class Opener {
  constructor(
    private readonly ground: Ground,
    private readonly rooms: Rooms,
    /** A device wrote as this person: its certificate and its signature hold. */
    private readonly wrote: (dev: Dev) => void,
  ) {}

  /** One result an envelope, in order. Never rejects: what home does not give is an {@link Opening} too. */
  async open(room: RoomId, list: readonly Bytes[]): Promise<Result[]> {
    let found = await this.ground.keys.openEnvelopes(room, list);
    let refused: Opening | null = null;
    for (let round = 0; round < ROUNDS; round += 1) {
      const needs = found.filter(({ state }) => state.startsWith('need_'));
      if (needs.length === 0) break;
      try {
        refused = await this.fetch(room, needs);
      } catch (error) {
        refused = codeOf(error) === 'home_away' ? 'home_away' : 'no_key_yet';
      }
      const again = await this.ground.keys.openEnvelopes(room, list);
      const moved = again.some(({ state }, at) => state !== found[at]?.state);
      found = again;
      if (!moved) break;
    }
    for (const { head, state } of found) if (state === 'opened' && head?.pid === this.ground.pid) this.wrote(head.dev);
    return found.map(({ head, state, said }) => ({ head, opening: FINAL[state] ?? unmet(state, refused), said }));
  }

  /** Asks for what is needed; returns how a key that did not come is called. */
  private async fetch(room: RoomId, needs: readonly Opened[]): Promise<Opening | null> {
    if (needs.some(({ state }) => state === 'need_roster')) await this.rooms.refresh([room]);
    const before = needs.flatMap(({ head, state }) => (head && state === 'need_past' ? [head] : []));
    if (before.length > 0) await this.rooms.past(room, [...new Set(before.map(({ epoch }) => epoch))], [...new Set(before.map(({ pid }) => pid))]);
    const devs = new Set(needs.flatMap(({ head, state }) => (head && state === 'need_cert' ? [head.dev] : [])));
    if (devs.size > 0) await this.certificates([...devs]);
    const epochs = new Set(needs.flatMap(({ head, state }) => (head && state === 'need_key' ? [head.epoch] : [])));
    if (epochs.has(this.rooms.state(room)?.epoch ?? 0) && needs.some(({ head }) => this.isLive(head))) await this.waitInBigRoom(room);
    return epochs.size > 0 ? this.keys(room, [...epochs]) : null;
  }

  /** A message that has just been written: everybody who looks at the room needs its key now. */
  private isLive(head: Opened['head']): boolean {
    return head !== null && this.ground.now() - head.sentAt * 1000 < LIVE_MS;
  }

  private waitInBigRoom(room: RoomId): Promise<void> {
    const wait = spread(this.rooms.count(room), KEY_MS);
    return wait === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, wait));
  }

  private async certificates(devs: readonly Dev[]): Promise<void> {
    for (let at = 0; at < devs.length; at += CERTS_A_REQUEST) {
      const { certs } = await this.ground.asked(this.ground.home.certs(devs.slice(at, at + CERTS_A_REQUEST)));
      await this.ground.keys.certificates(certs);
    }
  }

  /** Leases the keys of some epochs of a room; returns the word for those that home refused. */
  async keys(room: RoomId, epochs: readonly number[]): Promise<Opening | null> {
    let refused: Opening | null = null;
    for (let at = 0; at < epochs.length; at += KEYS_A_REQUEST) {
      const want = epochs.slice(at, at + KEYS_A_REQUEST).map((epoch): [RoomId, number] => [room, epoch]);
      const reply = await this.ground.asked(this.ground.home.keys({ want, media: [] }));
      await this.ground.keys.lease(reply.keys);
      for (const { code } of reply.refused) refused = code === 'not_entitled' ? 'not_entitled' : 'no_key_yet';
    }
    return refused;
  }
}

/** A certificate or roster that home does not know makes the message one that cannot be opened. */
function unmet(state: Opened['state'], refused: Opening | null): Opening {
  if (refused === 'home_away') return 'home_away';
  return state === 'need_key' ? (refused ?? 'no_key_yet') : 'cannot_open';
}
