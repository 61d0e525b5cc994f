/** Whether somebody wants quiet now, by the hours that they chose. Read as home does (`src/samrum/home/mail/quiet.py`). */
import type { Settings } from '../wire/types';

const DAY = 24 * 60;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Minute of the day, and the day (0: Monday), in a time zone; in this device's own if it knows none of that name. */
function local(now: number, zone: string): { readonly minute: number; readonly day: number } {
  const options = { hour: '2-digit', minute: '2-digit', weekday: 'short', hourCycle: 'h23' } as const;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-GB', { ...options, ...(zone !== '' && { timeZone: zone }) });
  } catch {
    format = new Intl.DateTimeFormat('en-GB', options);
  }
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  return { minute: Number(parts['hour']) * 60 + Number(parts['minute']), day: DAYS.indexOf(parts['weekday'] ?? '') };
}

/** Whether `now` (ms since 1970) lies in the quiet hours, which begin on their days and may go past midnight, or before `quiet_until`. */
export function isQuiet({ quiet, quiet_until: until, zone }: Pick<Settings, 'quiet' | 'quiet_until' | 'zone'>, now: number): boolean {
  if (until !== null && now < until * 1000) return true;
  if (quiet === null) return false;
  const { minute, day } = local(now, zone);
  const { start, end, days } = quiet;
  const length = end > start ? end - start : end - start + DAY;
  return (days.includes(day) && start <= minute && minute < start + length) || (days.includes((day + 6) % 7) && minute < start + length - DAY);
}
