/** What becomes of a room's waiting items before one of them goes: later ones may make it needless, or change what it says. Pure. */
import { DELETION, EDIT, REACTION } from '../wire/envelope';
import type { Said } from '../wire/content';
import type { Waiting } from './outbox';

export interface Plan {
  /** These are not sent any more. */
  readonly drop: readonly Waiting[];
  /** This one says something else than when it was written. */
  readonly change: { readonly item: Waiting; readonly said: Said } | null;
}

const NOTHING: Plan = { drop: [], change: null };

/**
 * What to do instead of sending `item`, the room's next one; nothing of that: it goes as it is. `tried` are those that went before, so that
 * relay may have them: they go again as they were.
 */
export function plan(item: Waiting, queue: readonly Waiting[], tried: (item: Waiting) => boolean): Plan {
  if (tried(item)) return NOTHING;
  const waiting = queue.filter((one) => one.pos === null && !tried(one));
  const at = waiting.findIndex(({ id }) => id === item.id);
  const later = waiting.slice(at + 1).filter(({ reason }) => reason === null);
  if (item.ref === null) return planMessage(item, later.filter(({ ref }) => ref === item.id));
  // What is about a message that was refused, and stands there as a draft, changes that draft.
  const draft = queue.find(({ id, reason, pos }) => id === item.ref && reason !== null && pos === null);
  if (draft !== undefined) {
    if (item.kind === EDIT) return { drop: [item], change: { item: draft, said: item.said } };
    return { drop: item.kind === DELETION ? [draft, item] : [item], change: null };
  }
  const same = later.filter(({ ref }) => ref === item.ref);
  if (item.kind === REACTION) return planReaction(item, same);
  if (item.kind === EDIT && same.some(({ kind }) => kind === EDIT || kind === DELETION)) return { drop: [item], change: null };
  // An earlier change that was refused is over with this one.
  const refused = queue.filter(({ ref, kind, reason }) => ref === item.ref && kind === EDIT && reason !== null);
  return refused.length > 0 ? { drop: refused, change: null } : NOTHING;
}

/** A message that nobody has yet says at once what it was changed to; one that was taken back does not go. */
function planMessage(item: Waiting, about: readonly Waiting[]): Plan {
  if (about.some(({ kind }) => kind === DELETION)) return { drop: [item, ...about], change: null };
  const edits = about.filter(({ kind }) => kind === EDIT);
  const last = edits.at(-1);
  return last === undefined ? NOTHING : { drop: edits, change: { item, said: last.said } };
}

/** Of a person's words on one emoji only the last counts; where it says what held before the first, none does. */
function planReaction(item: Waiting, same: readonly Waiting[]): Plan {
  if (same.some(({ kind }) => kind === DELETION)) return { drop: [item], change: null };
  const others = same.filter(({ kind, said }) => kind === REACTION && said.e === item.said.e);
  const last = others.at(-1);
  if (last === undefined) return NOTHING;
  const undone = (last.said.x ?? false) !== (item.said.x ?? false);
  return { drop: undone ? [item, ...others] : [item, ...others.slice(0, -1)], change: null };
}
