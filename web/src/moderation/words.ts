import type { Outcome, Reason } from '../session/api';

/** In the order in which they are offered. */
export const REASONS: readonly Reason[] = ['harassment', 'hate', 'personal', 'spam', 'other'];
export const OUTCOMES: readonly Outcome[] = ['removed', 'blocked', 'spoken', 'nothing'];
export const MAX_WORDS = 1000;
export const MAX_NAME = 60;
