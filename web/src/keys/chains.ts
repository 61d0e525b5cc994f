/** Rooms' verified states: what home signed is applied one after the other, and kept. Throws `BadRoster` or `Malformed`. */
import { apply, BadRoster, begin, emptyState, withList, withPast, type RoomState } from '../wire/chain';
import type { Pid, RoomId, TenantId } from '../wire/ids';
import * as jws from '../wire/jws';
import type { Role } from '../wire/types';

/** Member list hashes kept a room: relay is never further behind than this. */
const HASHES_KEPT = 64;

export interface ChainGround {
  tenant(): TenantId;
  /** Home's signing key of that id. */
  readonly keyOf: (kid: string) => CryptoKey | undefined;
  /** Keeps a state for the next time. */
  keep(state: RoomState): Promise<void>;
}

export class Chains {
  /** Chains are applied one at a time. */
  private learning: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly states: Map<RoomId, RoomState>,
    private readonly ground: ChainGround,
  ) {}

  learn(room: RoomId, statements: readonly string[], snapshot: string | null): Promise<RoomState> {
    return this.changed(room, (state) => this.applied(state, statements, snapshot));
  }

  list(room: RoomId, members: readonly [Pid, Role, number | null][]): Promise<RoomState> {
    return this.changed(room, (state) => withList(state, members));
  }

  past(room: RoomId, statement: string): Promise<RoomState> {
    return this.changed(room, async (state) => withPast(state, await jws.verify(statement, 'Past', this.ground.keyOf)));
  }

  private changed(room: RoomId, work: (state: RoomState) => Promise<RoomState>): Promise<RoomState> {
    const next = this.learning.then(async () => {
      const before = this.states.get(room) ?? emptyState(this.ground.tenant(), room);
      const after = await work(before);
      if (after === before) return before;
      const state = forgetful(after);
      this.states.set(room, state);
      await this.ground.keep(state);
      return state;
    });
    this.learning = next.catch(() => undefined);
    return next;
  }

  private async applied(before: RoomState, statements: readonly string[], snapshot: string | null): Promise<RoomState> {
    const { keyOf } = this.ground;
    let state = before;
    if (snapshot !== null && state.version === 0) {
      state = begin(state.tenant, state.room, await jws.verify(snapshot, 'Snapshot', keyOf));
    }
    for (const statement of statements) {
      const claimed = jws.peek(statement, 'Roster').version;
      if (claimed > state.version + 1) break;
      if (claimed < state.version) continue;
      const digest = await jws.digest(statement);
      if (claimed === state.version) {
        if (digest !== state.head) throw new BadRoster('prev');
        continue;
      }
      state = await apply(state, await jws.verify(statement, 'Roster', keyOf), digest);
    }
    return state;
  }
}

function forgetful(state: RoomState): RoomState {
  const oldest = state.version - HASHES_KEPT;
  const kept = Object.entries(state.hashes).filter(([version]) => Number(version) > oldest);
  return { ...state, hashes: Object.fromEntries(kept) };
}
