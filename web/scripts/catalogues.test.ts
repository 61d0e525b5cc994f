/** The catalogues agree with each other, with the code that uses them, and with the codes of the wire. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');
const LANGUAGES = ['sv', 'en', 'de'];

/** Every file below `src`, as a path from there. */
const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).sort();

function texts(of: RegExp): string[] {
  return FILES.filter((path) => of.test(path) && !path.endsWith('.test.ts')).map((path) => readFileSync(resolve(SRC, path), 'utf8'));
}

interface Catalogue {
  readonly [key: string]: string | Catalogue;
}

function read(path: string): Catalogue {
  return JSON.parse(readFileSync(path, 'utf8')) as Catalogue;
}

/** `{a: {b: "x"}}` → `[["a.b", "x"]]` */
function flat(catalogue: Catalogue, before = ''): [string, string][] {
  return Object.entries(catalogue).flatMap(([key, value]) =>
    typeof value === 'string' ? [[before + key, value] as [string, string]] : flat(value, `${before}${key}.`),
  );
}

const domains = FILES.filter((path) => path.endsWith('/locales/sv.json')).map((path) => resolve(SRC, dirname(path)));
const named = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

describe.each(domains)('%s', (folder) => {
  const entries = Object.fromEntries(LANGUAGES.map((language) => [language, new Map(flat(read(`${folder}/${language}.json`)))]));
  const swedish = entries['sv'] ?? new Map<string, string>();

  it('has the same keys and variables in all languages, and no empty text', () => {
    expect(swedish.size).toBeGreaterThan(0);
    for (const language of LANGUAGES) {
      expect([...(entries[language]?.keys() ?? [])]).toEqual([...swedish.keys()]);
      for (const [key, text] of entries[language] ?? []) {
        expect(text.trim(), key).not.toBe('');
        expect(named(text), key).toEqual(named(swedish.get(key) ?? ''));
      }
    }
  });

  it('has no key that nothing uses', () => {
    const domain = basename(dirname(folder));
    if (domain === 'codes') return; // keys are codes: compared with the wire below
    const source = texts(/\.tsx?$/).join('\n');
    const written = new Set([...source.matchAll(/['"`]([\w.:-]+)['"`]/g)].map((match) => match[1]));
    const patterns = [...source.matchAll(/`([\w.]*\$\{[^`]*)`/g)].map(
      (match) => new RegExp(`^${(match[1] ?? '').replace(/\$\{[^}]*\}/g, '\0').replace(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll('\0', '[\\w-]+')}$`),
    );
    const unused = [...swedish.keys()]
      .map((key) => key.replace(/_(zero|one|two|few|many|other)$/, ''))
      .filter((key) => !written.has(key) && !written.has(`${domain}:${key}`) && !patterns.some((pattern) => pattern.test(key)));
    expect(unused).toEqual([]);
  });
});

it('has a sentence for every code of the wire and of the client', () => {
  const wire = readFileSync(resolve(SRC, '../../src/samrum/wire/codes.py'), 'utf8');
  const codes = [...wire.matchAll(/^ {4}[A-Z_]+ = "([a-z_]+)"/gm)].map((match) => match[1] ?? '');
  const sources = texts(/^(session|doors|keys|files)\/.*\.tsx?$/);
  const own = sources.flatMap((text) => [...text.matchAll(/new (?:Refusal|WorkError)\('([a-z_]+)'/g)].map((match) => match[1] ?? ''));
  expect(codes.length).toBeGreaterThan(30);
  const told = read(`${SRC}/codes/locales/en.json`);
  expect([...new Set([...codes, ...own])].filter((code) => !(code in told))).toEqual([]);
});

it('uses only keys that exist', () => {
  const missing: string[] = [];
  for (const text of texts(/\.tsx$/)) {
    const domain = /useTranslation\('(\w+)'\)/.exec(text)?.[1];
    if (domain === undefined || new Set([...text.matchAll(/useTranslation\('(\w+)'\)/g)].map((match) => match[1])).size > 1) continue;
    const keys = new Set(flat(read(`${SRC}/${domain}/locales/sv.json`)).map(([key]) => key.replace(/_(one|other)$/, '')));
    for (const match of text.matchAll(/\bt\('([\w.]+)'/g)) if (!keys.has(match[1] ?? '')) missing.push(`${domain}: ${match[1] ?? ''}`);
  }
  expect(missing).toEqual([]);
});
