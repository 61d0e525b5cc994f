/**
 * What the build gives to libraries in place of the browser's console: it says nothing. Whatever is printed may hold names, text or
 * a token, and people paste their console into support requests. Failures reach the person as sentences instead.
 */
const nothing = (): undefined => undefined;

export const quiet = { log: nothing, info: nothing, debug: nothing, warn: nothing, error: nothing, trace: nothing, group: nothing, groupCollapsed: nothing, groupEnd: nothing, time: nothing, timeEnd: nothing };
