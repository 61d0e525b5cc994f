/** Message text as parts: plain text, and web addresses that become links. Nothing ever becomes HTML. */

export type Part = { readonly text: string; readonly href?: undefined } | { readonly text: string; readonly href: string };

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/giu;
const CLOSERS = /[.,;:!?)\]}'”»]+$/u;

/** Splits at web addresses; punctuation that ends a sentence is not part of an address. */
export function partsOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(CLOSERS, '');
    if (!URL.canParse(address)) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: address, href: address });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}
