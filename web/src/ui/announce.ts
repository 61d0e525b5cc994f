/**
 * Words for screen readers: one polite live region for the whole page, so that two parts never talk at once.
 */
const listeners = new Set<(text: string) => void>();

/** Says it once, after what is being read now. */
export function announce(text: string): void {
  for (const listener of listeners) listener(text);
}

export function onAnnounce(listener: (text: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
