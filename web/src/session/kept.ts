/**
 * The start that a device keeps, so that the next one can do without home: what home told, without keys, chains and other people.
 * The vault seals it; chains, leases and certificates are kept there anyway.
 */
import type { Keys } from '../keys/client';
import type { Pid, TenantId } from '../wire/ids';
import type { Started } from '../wire/types';
import * as valid from '../wire/validators';

/** As long as home's grant and the leases may last. */
const KEPT_MS = 24 * 3600 * 1000;
/** A clock that was set back. */
const AHEAD_MS = 10 * 60_000;

/** `at`: when home gave the grant, ms since 1970. */
export async function keepStart(keys: Keys, at: number, started: Started): Promise<void> {
  const kept: Started = { ...started, people: [], rosters: {}, leased: { keys: [], media: [], refused: [] } };
  await keys.keepStart(at, JSON.stringify(kept));
}

/** The person who was here last, if what was kept of them may still be used. */
export async function keptPerson(keys: Keys): Promise<{ pid: Pid; tenant: TenantId } | null> {
  const [last] = await keys.starts();
  return last !== undefined && fresh(last.at) ? last : null;
}

/** The kept start of the person whose vault is open. */
export async function keptStart(keys: Keys): Promise<{ at: number; started: Started } | null> {
  const kept = await keys.keptStart();
  if (kept === null || !fresh(kept.at)) return null;
  const started: unknown = JSON.parse(kept.text);
  return valid.Started(started) ? { at: kept.at, started } : null;
}

function fresh(at: number): boolean {
  const age = Date.now() - at;
  return age > -AHEAD_MS && age < KEPT_MS;
}
