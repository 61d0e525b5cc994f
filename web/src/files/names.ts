/** File names as others gave them: safe to show, and safe to save under. */

/** Controls, direction marks and other signs that take no room, which could turn `exe.pdf` around or hide what follows. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;
/** What Windows does not take in a name. */
const RESERVED = /[<>:"/\\|?*]/g;
const MAX_NAME = 255;
const MAX_SAVED = 180;

/** The name without what one does not see; it is never empty. */
export function shownName(name: string): string {
  return name.toWellFormed().replace(UNSEEN, '').trim() || '?';
}

/** The name to send: as the person's system has it, cut to what a message takes. */
export function sentName(name: string): string {
  const clean = name.toWellFormed().replace(/\p{Cc}/gu, '');
  return cut(clean, MAX_NAME);
}

/** A name to save under, on any system. */
export function savedName(name: string): string {
  const clean = shownName(name).replace(RESERVED, '_').replace(/^[. ]+|[. ]+$/g, '');
  return cut(clean, MAX_SAVED) || 'file';
}

/** Cut before the ending, which says what it is. */
function cut(name: string, length: number): string {
  const letters = Array.from(name);
  if (letters.length <= length) return name;
  const dot = letters.lastIndexOf('.');
  const ending = dot > 0 && letters.length - dot <= 12 ? letters.slice(dot) : [];
  return [...letters.slice(0, length - ending.length), ...ending].join('');
}
