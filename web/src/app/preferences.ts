/**
 * The few things that this browser remembers in the open: language, light or dark, whether new messages are read aloud, and that the first notice was read.
 * Nothing of persons or content may ever stand here (rule 7; a lint rule keeps web storage in this file).
 */

export const LANGUAGES = ['sv', 'en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Storage may be refused by the browser's settings: then nothing is remembered, and everything else works. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(`samrum.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`samrum.${key}`);
    else localStorage.setItem(`samrum.${key}`, value);
  } catch {
    // Not remembered.
  }
}

function oneOf<T extends string>(allowed: readonly T[], value: string | null | undefined): T | undefined {
  return allowed.find((one) => one === value);
}

/** The language to start in: the address's `?lang=`, the remembered one, the browser's own, else Swedish. */
export function startLanguage(search: string, browser: readonly string[]): Language {
  const own = browser.map((tag) => oneOf(LANGUAGES, tag.slice(0, 2).toLowerCase())).find((one) => one !== undefined);
  return oneOf(LANGUAGES, new URLSearchParams(search).get('lang')) ?? oneOf(LANGUAGES, read('language')) ?? own ?? 'sv';
}

export function rememberLanguage(language: Language): void {
  write('language', language);
}

export function theme(): Theme {
  return oneOf(THEMES, read('theme')) ?? 'system';
}

/** Applies and remembers light, dark, or the system's choice. */
export function setTheme(choice: Theme): void {
  write('theme', choice === 'system' ? null : choice);
  applyTheme(choice);
}

export function applyTheme(choice: Theme): void {
  if (choice === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = choice;
}

/** Whether a screen reader is told of new messages in the open room. */
export function readsAloud(): boolean {
  return read('aloud') !== 'no';
}

export function setReadsAloud(aloud: boolean): void {
  write('aloud', aloud ? null : 'no');
}

/** Whether the notice of who can read was put away on this browser. */
export function noticeRead(): boolean {
  return read('notice') === 'read';
}

/** `false` at sign-out, so that the next person sees it. */
export function rememberNotice(isRead: boolean): void {
  write('notice', isRead ? 'read' : null);
}

/** Whether desktop notices show the text of messages on this browser. */
export function noticesShowText(): boolean {
  return read('noticeText') !== 'no';
}

export function setNoticesShowText(shows: boolean): void {
  write('noticeText', shows ? null : 'no');
}

/** Whether desktop notices were offered on this browser. */
export function noticesOffered(): boolean {
  return read('noticesOffered') === 'yes';
}

export function rememberNoticesOffered(): void {
  write('noticesOffered', 'yes');
}
