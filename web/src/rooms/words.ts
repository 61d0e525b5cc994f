/** What is chosen for rooms, in the words of the catalogue. */

export const MAX_TITLE = 120; // as in wire/rooms_api.py
export const MAX_TOPIC = 250;
export const NOTIFY = ['all', 'mentions', 'none'] as const;
export const POST = ['member', 'moderator'] as const;
export const ACCESS = ['private', 'public'] as const;
export const HISTORY = ['open', 'closed'] as const;

/** A retention class as the catalogue counts it: `365d` is 365 days. */
export function daysOf(retention: string): number | null {
  const days = /^(\d+)d$/.exec(retention)?.[1];
  return days === undefined ? null : Number(days);
}
