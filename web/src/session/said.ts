/** What a message says, in its three forms: as the screens have it, as it goes on the wire, and as text that is kept on this device. */
import { b64, unb64 } from '../wire/bytes';
import { MAX_FILES, MAX_QUOTE, type Said } from '../wire/content';
import type { Content, InFile } from '../wire/types';
import { Refusal, type Draft, type FileRef, type Message } from './api';

export function saidOf(draft: Draft | string): Said {
  const { text, mentions = [], mentionsAll = false, quote, files = [] } = typeof draft === 'string' ? { text: draft } : draft;
  if (files.length > MAX_FILES) throw new Refusal('too_long');
  const q = quote === undefined ? null : { id: quote.id, pid: quote.pid, t: Array.from(quote.text).slice(0, MAX_QUOTE).join('') };
  return { t: text, m: [...new Set(mentions)], a: mentionsAll, q, o: files.map(inFile) };
}

function inFile({ name, type, size, key, object, width, height, seconds }: FileRef): InFile {
  return { n: name, t: type, s: size, k: new Uint8Array(key), b: object, w: width ?? null, h: height ?? null, d: seconds ?? null };
}

function fileRef({ n, t, s, k, b, w, h, d }: InFile): FileRef {
  const more = { ...(w === null ? {} : { width: w }), ...(h === null ? {} : { height: h }), ...(d === null ? {} : { seconds: d }) };
  return { name: n, type: t, size: s, key: k, object: b, ...more };
}

/** What the screens see of it. Whether everybody is mentioned, and oneself, is not for the words alone to say. */
export function shown(said: Partial<Content> | null): Pick<Message, 'text' | 'mentions' | 'quote' | 'files'> {
  const { t = '', m = [], q = null, o = [] } = said ?? {};
  return { text: t, mentions: m, quote: q && { id: q.id, pid: q.pid, text: q.t }, files: o.map(fileRef) };
}

/** As text, with bytes in base64url. */
export function textOfSaid(said: Said): string {
  return JSON.stringify({ ...said, o: said.o?.map((file) => ({ ...file, k: b64(file.k) })) });
}

/** What {@link textOfSaid} wrote. */
export function saidOfText(text: string): Said {
  const kept = JSON.parse(text) as Omit<Said, 'o'> & { o?: (Omit<InFile, 'k'> & { k: string })[] };
  const { o, ...rest } = kept;
  return o === undefined ? rest : { ...rest, o: o.map((file) => ({ ...file, k: unb64(file.k) })) };
}
