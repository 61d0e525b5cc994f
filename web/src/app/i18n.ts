/**
 * Languages: one catalogue a language and domain folder (`<domain>/locales/<language>.json`), whose namespace is the folder's name.
 * One chunk holds a language's catalogues, so that a person loads one language. Those of {@link LATER} come with what shows them.
 */
import i18next, { type ResourceLanguage } from 'i18next';
import { initReactI18next } from 'react-i18next';

import { type Language, rememberLanguage, startLanguage } from './preferences';

/** Full tags, for dates, numbers and sorting: English is the European one (24 hours, day before month). */
const TAGS: Readonly<Record<Language, string>> = { sv: 'sv-SE', en: 'en-GB', de: 'de-DE' };

/** Catalogues that nobody needs before a certain screen opens, by path. `src/languages` leaves the same folders out. */
const LATER = import.meta.glob<ResourceLanguage[string]>(['../{codes,meeting,flows,emoji,rooms,settings,search,calls,notices,moderation}/locales/*.json'], { import: 'default' });
/** What was shown once: from now on a language comes with it. */
const shown = new Set<string>();

async function loadLater(language: Language, name: string): Promise<ResourceLanguage[string]> {
  const found = LATER[`../${name}/locales/${language}.json`];
  if (found === undefined) throw new Error(`no catalogue ${name}`);
  return found();
}

async function load(language: Language): Promise<ResourceLanguage> {
  const modules = { sv: () => import('../languages/sv'), en: () => import('../languages/en'), de: () => import('../languages/de') };
  const found = (await modules[language]()).default as Record<string, ResourceLanguage[string]>;
  const later = await Promise.all([...shown].map(async (name) => [name, await loadLater(language, name)] as const));
  return { ...Object.fromEntries(later), ...Object.fromEntries(Object.entries(found).map(([path, catalogue]) => [path.split('/').at(-3) ?? '', catalogue])) };
}

/** The texts of a later screen in the language in use, and from now on in every other: before it shows. */
export async function loadTexts(name: string): Promise<void> {
  shown.add(name);
  const language = i18next.language as Language;
  i18next.addResourceBundle(language, name, await loadLater(language, name), true, true);
}

function describe(language: Language): void {
  document.documentElement.lang = language;
}

/** Starts in the language that the person wants. */
export async function startLanguages(): Promise<void> {
  const language = startLanguage(location.search, navigator.languages);
  const catalogues = await load(language);
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: catalogues },
    ns: Object.keys(catalogues),
    defaultNS: 'app',
    fallbackLng: false,
    interpolation: { escapeValue: false }, // React writes text nodes
    // What comes later is shown when it has come.
    react: { useSuspense: false, bindI18nStore: 'added' },
  });
  describe(language);
  // What went wrong has nothing to say before something has.
  void loadTexts('codes').catch(() => undefined);
}

/** Switches at once, and remembers. */
export async function switchLanguage(language: Language): Promise<void> {
  const catalogues = await load(language);
  for (const [namespace, catalogue] of Object.entries(catalogues)) i18next.addResourceBundle(language, namespace, catalogue, true, true);
  await i18next.changeLanguage(language);
  rememberLanguage(language);
  describe(language);
}

/** The full tag of the language in use. */
export function languageTag(): string {
  return TAGS[(i18next.language as Language | undefined) ?? 'sv'];
}
