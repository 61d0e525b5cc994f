/** The frame that each phase of a meeting fills; focus moves into it when the phase begins, so that a screen reader follows. */
import { type ReactNode, useEffect, useRef } from 'react';
import { classes } from '../ui/classes.ts';
import styles from './meeting.module.css';

const c = classes(styles);

export function Panel({ label, look, children }: { readonly label: string; readonly look: 'middle' | 'preview' | 'stage'; readonly children: ReactNode }) {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    place.current?.focus({ preventScroll: true });
  }, []);
  return (
    <section ref={place} tabIndex={-1} className={c('panel', look)} aria-label={label}>
      {children}
    </section>
  );
}
