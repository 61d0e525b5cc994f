/** Whether the search panel is open, and with what it was opened: from the box above the rooms, or from a room. */
import { useSyncExternalStore } from 'react';

import type { RoomId } from '../session/api';

export interface Asked {
  readonly text: string;
  /** Where to look; `null`: everywhere. */
  readonly room: RoomId | null;
}

let asked: Asked | null = null;
let opener: HTMLElement | null = null;
const listeners = new Set<() => void>();

function set(next: Asked | null): void {
  asked = next;
  for (const listener of listeners) listener();
}

export function openSearch(text: string, room: RoomId | null = null): void {
  if (document.activeElement instanceof HTMLElement) opener = document.activeElement;
  set({ text, room });
}

/** The focus goes back to what opened it. */
export function closeSearch(): void {
  set(null);
  opener?.focus();
}

export function useSearchAsked(): Asked | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => asked,
  );
}
