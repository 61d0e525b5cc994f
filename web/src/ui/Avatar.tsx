import styles from './Avatar.module.css';
import { classes } from './classes';

const c = classes(styles);

/** First and last initials: "Åsa Lindqvist-Öberg" is "ÅL". */
export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /^\p{L}/u.test(word));
  const first = [...(words[0] ?? '')][0] ?? '';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}

/** Initials on one of six quiet tints, the same for a person everywhere. Says nothing that the name beside it does not say. */
export function Avatar({ id, name, small = false }: { readonly id: string; readonly name: string; readonly small?: boolean }) {
  const tint = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;
  return (
    <span className={c('avatar', `tint${tint}`, small && 'small')} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
