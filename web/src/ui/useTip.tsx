import { lazy, type ReactNode, type RefObject, Suspense, useEffect, useRef, useState } from 'react';

const Tip = lazy(() => import('./Tip').then((module) => ({ default: module.Tip })));

/** How long the pointer rests on something before words stand beside it, and how long they stay when it leaves. */
const AFTER_MS = 500;
const STAY_MS = 100;

/** Words that stand beside a button while it is pointed at or has the keyboard's focus. They say nothing that its name does not say. */
export interface Tips {
  readonly anchor: RefObject<HTMLButtonElement | null>;
  /** For the button; whatever handlers of these names it has already come first. */
  readonly on: {
    readonly onHoverStart: () => void;
    readonly onHoverEnd: () => void;
    readonly onFocus: () => void;
    readonly onBlur: () => void;
    readonly onPressStart: () => void;
  };
  readonly tip: ReactNode;
}

export function useTip(words: () => ReactNode): Tips {
  const anchor = useRef<HTMLButtonElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [open, setOpen] = useState(false);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (!open) return;
    // Dismissed without moving the pointer (WCAG 1.4.13); whatever else Escape does it does, too.
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false);
    addEventListener('keydown', onKey, true);
    return () => removeEventListener('keydown', onKey, true);
  }, [open]);
  const soon = (to: boolean, ms: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOpen(to), ms);
  };
  const close = () => {
    clearTimeout(timer.current);
    setOpen(false);
  };
  return {
    anchor,
    on: {
      onHoverStart: () => soon(true, AFTER_MS),
      onHoverEnd: () => soon(false, STAY_MS),
      onFocus: () => {
        if (anchor.current?.matches(':focus-visible') === true) soon(true, 0);
      },
      onBlur: close,
      onPressStart: close,
    },
    tip: open && (
      <Suspense>
        <Tip anchor={anchor} onHover={(over) => soon(over, over ? 0 : STAY_MS)}>
          {words()}
        </Tip>
      </Suspense>
    ),
  };
}
