import { classes } from '../ui/classes';
import styles from './Brand.module.css';

const c = classes(styles);

/** The product's mark and name. The name is the same in every language. */
export function Brand() {
  const name = 'Samrum';
  return (
    <span className={c('brand')}>
      <svg className={c('mark')} viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" />
        <path d="M7.5 21.500V12.500L16 6.800l8.5 5.700v9" />
        <circle cx="12.2" cy="18" r="2.2" />
        <circle cx="19.8" cy="18" r="2.2" />
        <path d="M8.5 25.300c.4-2 1.9-3.2 3.7-3.200s3.3 1.2 3.8 3.200c.5-2 2-3.2 3.8-3.200s3.3 1.2 3.7 3.2" />
      </svg>
      {name}
    </span>
  );
}
