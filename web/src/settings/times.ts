/** Times as settings keep them (seconds since 1970, minutes of a day) and as people choose them. */

export const ENDS = ['never', 'half', 'hour', 'four', 'today', 'week'] as const;
export type End = (typeof ENDS)[number];
const HOUR = 3600;

/** When it ends, in s since 1970; `null`: not by itself. `today` and `week` end with the local day, and with its Sunday. */
export function endOf(end: End, now: Date): number | null {
  const s = Math.floor(now.getTime() / 1000);
  switch (end) {
    case 'never':
      return null;
    case 'half':
      return s + HOUR / 2;
    case 'hour':
      return s + HOUR;
    case 'four':
      return s + 4 * HOUR;
    case 'today':
      return midnight(now, 1);
    case 'week':
      return midnight(now, 1 + ((7 - now.getDay()) % 7));
  }
}

/** Eight in the morning of the next day, in s since 1970. */
export function tomorrow(now: Date): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 8).getTime() / 1000;
}

function midnight(now: Date, days: number): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).getTime() / 1000;
}

/** `1110` is `18:30`, as an input of time has it. */
export function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

/** `null`: no time of a day. */
export function minuteOf(clock: string): number | null {
  const found = /^([01]\d|2[0-3]):([0-5]\d)/.exec(clock);
  return found === null ? null : Number(found[1]) * 60 + Number(found[2]);
}
