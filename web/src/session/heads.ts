/** Heads of envelopes that nobody has verified: for counts and times only. */
import type { Bytes } from '../wire/bytes';
import { CALL, MESSAGE, parse, type EnvelopeHead } from '../wire/envelope';

/** The head, or `null`: it is no envelope. */
export function headOf(env: Bytes): EnvelopeHead | null {
  try {
    return parse(env);
  } catch {
    return null;
  }
}

/** Whether it is a message, or somebody calls: what else comes is about one of these. */
export function counts({ kind, ref }: Pick<EnvelopeHead, 'kind' | 'ref'>): boolean {
  return kind === MESSAGE || (kind === CALL && ref === null);
}
