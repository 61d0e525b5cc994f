import { useTranslation } from 'react-i18next';

import { languageTag } from '../app/i18n';
import type { Settings } from '../session/api';
import { Checkbox } from '../ui/Checkbox';
import { classes } from '../ui/classes';
import { TextField } from '../ui/Field';
import styles from './SettingsPage.module.css';
import { clockOf, minuteOf } from './times';

const c = classes(styles);
const WORKDAYS = [0, 1, 2, 3, 4];
const DAYS = [...WORKDAYS, 5, 6];
const USUAL = { start: 18 * 60, end: 7 * 60, days: WORKDAYS };
/** A Monday, to name weekdays by. */
const MONDAY = Date.UTC(2024, 0, 1);

/** Hours in which nothing rings. */
export function QuietHours({
  quiet,
  isDisabled,
  onChange,
}: {
  readonly quiet: Settings['quiet'];
  readonly isDisabled: boolean;
  readonly onChange: (quiet: Settings['quiet']) => void;
}) {
  const { t } = useTranslation('settings');
  const weekday = new Intl.DateTimeFormat(languageTag(), { weekday: 'long', timeZone: 'UTC' });
  const setTime = (which: 'start' | 'end', clock: string) => {
    const minute = minuteOf(clock);
    if (quiet !== null && minute !== null) onChange({ ...quiet, [which]: minute });
  };
  return (
    <>
      <Checkbox isSelected={quiet !== null} isDisabled={isDisabled} onChange={(on) => onChange(on ? USUAL : null)}>
        {t('quiet.on')}
      </Checkbox>
      {quiet !== null && (
        <>
          <div className={c('row')}>
            <TextField type="time" label={t('quiet.start')} value={clockOf(quiet.start)} onChange={(clock) => setTime('start', clock)} />
            <TextField type="time" label={t('quiet.end')} value={clockOf(quiet.end)} onChange={(clock) => setTime('end', clock)} />
          </div>
          <div className={c('days')} role="group" aria-label={t('quiet.days')}>
            {DAYS.map((day) => (
              <Checkbox
                key={day}
                isSelected={quiet.days.includes(day)}
                isDisabled={isDisabled}
                onChange={(on) => onChange({ ...quiet, days: DAYS.filter((one) => (one === day ? on : quiet.days.includes(one))) })}
              >
                {weekday.format(MONDAY + day * 86_400_000)}
              </Checkbox>
            ))}
          </div>
        </>
      )}
    </>
  );
}
