import styles from './Avatar.module.css';
import { classes } from './classes';

const c = classes(styles);

/** The first letter as one sees it: "Å" may be two code points. */
function letter(word = ''): string {
  return /^\p{L}\p{M}*/u.exec(word.normalize('NFC'))?.[0] ?? '';
}

/** First and last initials: "Åsa Lindqvist-Öberg" is "ÅL". */
export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /^\p{L}/u.test(word));
  const first = letter(words[0]);
  const last = words.length > 1 ? letter(words.at(-1)) : '';
  return (first + last).toLocaleUpperCase();
}

/** Initials on one of six quiet tints, the same for a person everywhere. Says nothing that the name beside it does not say. */
export function Avatar({ id, name, small = false }: { readonly id: string; readonly name: string; readonly small?: boolean }) {
  const tint = Array.from(id, (sign) => sign.charCodeAt(0)).reduce((sum, code) => sum + code, 0) % 6;
  return (
    <span className={c('avatar', `tint${tint}`, small && 'small')} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
