/** What can be shown of a file, by its type and size. Nothing else is ever opened in the page: it is saved. */
import type { FileRef } from '../session/api';
import { PICTURES } from './pictures';

export type Kind = 'picture' | 'audio' | 'video' | 'pdf' | 'other';

/** What is held in memory as a whole at most. */
export const WHOLE = 64 * 2 ** 20;
/** What loads without being asked for. */
export const UNASKED = 8 * 2 ** 20;

const SOUND = /^audio\/(?:mpeg|mp4|aac|ogg|opus|wav|x-wav|webm|flac|x-m4a)$/;
const FILM = /^video\/(?:mp4|webm|ogg|quicktime)$/;

/** By its type alone. HTML, SVG and whatever else could run is `other`. */
export function kindOf(type: string): Kind {
  const plain = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (PICTURES.includes(plain)) return 'picture';
  if (SOUND.test(plain)) return 'audio';
  if (FILM.test(plain)) return 'video';
  return plain === 'application/pdf' ? 'pdf' : 'other';
}

/** Whether the viewer shows it. */
export function canShow(file: FileRef): boolean {
  const kind = kindOf(file.type);
  return kind === 'video' || kind === 'audio' || ((kind === 'picture' || kind === 'pdf') && file.size <= WHOLE);
}

/** The type under which the browser gets the bytes: one of those above, or one that it only saves. */
export function servedType(type: string): string {
  return kindOf(type) === 'other' ? 'application/octet-stream' : (type.split(';', 1)[0] ?? '').trim().toLowerCase();
}
