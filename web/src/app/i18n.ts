/**
 * Languages: one catalogue a language and domain folder (`<domain>/locales/<language>.json`), whose namespace is the folder's name.
 * One chunk holds a language's catalogues, so that a person loads one language.
 */
import i18next, { type ResourceLanguage } from 'i18next';
import { initReactI18next } from 'react-i18next';

import { type Language, rememberLanguage, startLanguage } from './preferences';

/** Full tags, for dates, numbers and sorting: English is the European one (24 hours, day before month). */
const TAGS: Readonly<Record<Language, string>> = { sv: 'sv-SE', en: 'en-GB', de: 'de-DE' };

async function load(language: Language): Promise<ResourceLanguage> {
  const modules = { sv: () => import('../languages/sv'), en: () => import('../languages/en'), de: () => import('../languages/de') };
  const found = (await modules[language]()).default as Record<string, ResourceLanguage[string]>;
  return Object.fromEntries(Object.entries(found).map(([path, catalogue]) => [path.split('/').at(-3) ?? '', catalogue]));
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
    react: { useSuspense: false },
  });
  describe(language);
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
