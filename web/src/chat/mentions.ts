/** People named in a text: which signs of it name them, when it is written and when it is read. */
import type { Pid } from '../session/api';

export interface Named {
  readonly pid: Pid;
  readonly name: string;
}

/** What is written for everybody in the room, in every language: who reads may use another one than who wrote. */
export const EVERYBODY = { sv: 'alla', en: 'everyone', de: 'alle' } as const;

export interface Piece {
  readonly text: string;
  /** Whom it names; `all`: everybody. */
  readonly names?: Pid | 'all';
}

/** Splits a text at the names of those whom the message mentions; other words with an @ stay words. */
export function piecesOf(text: string, people: readonly Named[], all: boolean): readonly Piece[] {
  if (!text.includes('@') || (people.length === 0 && !all)) return [{ text }];
  const byName = new Map<string, Pid | 'all'>(people.map(({ name, pid }) => [name.toLowerCase(), pid]));
  if (all) for (const word of Object.values(EVERYBODY)) byName.set(word, 'all');
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern([...byName.keys()]))) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push({ text: match[0], names: byName.get(match[0].slice(1).toLowerCase()) ?? 'all' });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** Whom the finished text really names, of those who were chosen while it was written. */
export function mentionedIn(text: string, chosen: readonly Named[]): readonly Pid[] {
  const found = new Set(piecesOf(text, chosen, false).map(({ names }) => names));
  return [...new Set(chosen.map(({ pid }) => pid).filter((pid) => found.has(pid)))];
}

/** Whether the text calls everybody in the room. */
export function callsEverybody(text: string): boolean {
  return piecesOf(text, [], true).some(({ names }) => names === 'all');
}

/** The longest name first: "Anna Ek" before "Anna". */
function pattern(names: readonly string[]): RegExp {
  const escaped = names.toSorted((a, b) => b.length - a.length).map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}])@(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
}
