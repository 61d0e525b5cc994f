import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

import { classes } from './classes';
import styles from './Notice.module.css';

const c = classes(styles);
const ICONS = { info: Info, warn: TriangleAlert, danger: CircleAlert };

/** A message in the flow of the page, never a dialog in the way. `live`: read aloud when it appears. */
export function Notice({
  tone = 'info',
  live = false,
  title,
  children,
  actions,
}: {
  readonly tone?: 'info' | 'warn' | 'danger';
  readonly live?: boolean;
  readonly title?: ReactNode;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}) {
  const Icon = ICONS[tone];
  return (
    <div className={c('notice', tone)} role={live ? (tone === 'danger' ? 'alert' : 'status') : undefined}>
      <Icon className={c('icon')} aria-hidden="true" />
      <div className={c('body')}>
        {title !== undefined && <p className={c('title')}>{title}</p>}
        <div>{children}</div>
      </div>
      {actions !== undefined && <div className={c('actions')}>{actions}</div>}
    </div>
  );
}
