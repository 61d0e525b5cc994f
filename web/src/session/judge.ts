/** Compares what relay says of a room with the chain that home signed (decision 0002). Pure. */
import type { RoomState } from '../wire/chain';
import type { Trouble } from './api';

/** What relay says: its roster version and the hash of its own member list. Version 0: it does not know the room. */
export interface Claim {
  readonly version: number;
  readonly members: string;
}

/**
 * `null`: all is well. `ask_home`: relay shows a version that we have not seen; after asking home, `null` for `state` being still
 * behind is not possible: then the caller says `roster_forged`.
 */
export function judge(state: RoomState, delivered: number, claim: Claim): Trouble | 'ask_home' | 'unknown_there' | null {
  if (claim.version < delivered) return 'relay_rolled_back';
  if (claim.version === 0) return 'unknown_there';
  if (claim.version > state.version) return 'ask_home';
  const signed = state.hashes[claim.version];
  if (signed === undefined) return 'relay_rolled_back';
  return signed === claim.members ? null : 'relay_members_differ';
}
