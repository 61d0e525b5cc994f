/**
 * How the web client is built: content-hashed files, nothing inline, no word to any other origin.
 *
 * Home serves `dist/` under the policy of `flows.toml`. `dist/manifest.json` lists every file of the build.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import type { BuildEnvironmentOptions, Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

function file(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Addresses that name something and are never fetched: XML namespaces. */
const NAMESPACE = /https?:\/\/(?:www\.)?w3\.org\//;

/**
 * Takes the addresses out of libraries' texts (licence notes, "read more at", error decoders). The client never opens them; a
 * bundle without them lets a test, and anyone else, see at a glance that no foreign origin is named.
 */
function withoutForeignOrigins(): Plugin {
  return {
    name: 'samrum:without-foreign-origins',
    apply: 'build',
    renderChunk: {
      order: 'post',
      handler: (code) => ({
        code: code
          .replace(/https?:\/\/[\w.-]+[\w\-./?=&#%:[\]]*/g, (address) => (NAMESPACE.test(address) ? address : ''))
          // pdf.js makes links of what a document calls one; the client makes none.
          .replace(/https?:\/\/(?=\$\{)/g, ''),
        map: null,
      }),
    },
  };
}

/** Texts of React Aria in languages that the client does not have; it would carry some thirty. */
function withoutOtherLanguages(): Plugin {
  return {
    name: 'samrum:without-other-languages',
    apply: 'build',
    load: {
      filter: { id: /\/intl\/[\w-]+\/(?!sv-SE|en-US|de-DE)[a-z]{2}-[A-Z]{2}\.m?js$/ },
      handler: () => 'export default {};',
    },
  };
}

const TONES = ['\u{1f3fb}', '\u{1f3fc}', '\u{1f3fd}', '\u{1f3fe}', '\u{1f3ff}'];

/**
 * Of half a megabyte of what Unicode says of emoji in a language the picker needs a seventh: `[emoji, name, search words, group, whether
 * the sign of a skin colour after its first sign gives it that colour]`.
 */
function withFewEmojiFields(): Plugin {
  interface Emoji {
    readonly unicode: string;
    readonly label: string;
    readonly tags?: readonly string[];
    readonly group?: number;
    readonly skins?: readonly { readonly unicode: string }[];
  }
  const toned = ({ unicode, skins = [] }: Emoji) => {
    const [first = '', ...rest] = unicode;
    const after = rest[0] === '\ufe0f' ? rest.slice(1) : rest;
    return skins.length === TONES.length && skins.every((skin, at) => skin.unicode === first + (TONES[at] ?? '') + after.join(''));
  };
  return {
    name: 'samrum:emoji',
    enforce: 'pre',
    load: {
      filter: { id: /\/emojibase-data\/\w+\/compact\.json$/ },
      async handler(id) {
        const all = JSON.parse(await readFile(id, 'utf8')) as Emoji[];
        // What is a picture anyway has no sign that says so: one emoji, one spelling, or two people's 👍 would not count together.
        const spelled = (text: string) => text.replace(/(\p{Emoji_Presentation})\u{fe0f}/gu, '$1');
        return JSON.stringify(all.flatMap((one) => (one.group === undefined ? [] : [[spelled(one.unicode), one.label, (one.tags ?? []).join(' '), one.group, toned(one) ? 1 : 0]])));
      },
    },
  };
}

/**
 * Of `marked` the client needs the lexer, which knows nothing of HTML. What its single file does at its end for everybody (an instance
 * with parser and renderer) would bring the rest along.
 */
function withLexerAlone(): Plugin {
  return {
    name: 'samrum:lexer-alone',
    transform: {
      order: 'pre',
      filter: { id: /\/marked\/lib\/marked\.esm\.js$/ },
      handler: (code) => {
        const from = code.search(/var (\w+)=new \w+;function \w+\(\w+,\w+\)\{return \1\.parse\(/);
        const names = [...code.slice(code.indexOf('export{')).matchAll(/[\w$]+ as (?:Lexer|Tokenizer)\b/g)].map(String);
        if (from < 0 || names.length !== 2) throw new Error('marked is built in another way: look at withLexerAlone');
        return { code: `${code.slice(0, from)}export{${names.join(',')}};`, map: null };
      },
    },
  };
}

/** The service worker has a fixed name: browsers look for a newer one at the address that they know. */
function withServiceWorker(): Plugin {
  return {
    name: 'samrum:service-worker',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'chunk', id: file('src/sw/sw.worker.ts'), fileName: 'sw.js' });
    },
  };
}

const rolldownOptions: NonNullable<BuildEnvironmentOptions['rolldownOptions']> = {
  // A client that prints could print names or text: libraries get a console that says nothing.
  transform: { inject: { console: [file('src/ui/quiet.ts'), 'quiet'] } },
  output: { comments: false },
};

export default defineConfig({
  plugins: [react(), withFewEmojiFields(), withLexerAlone(), withServiceWorker(), withoutOtherLanguages(), withoutForeignOrigins()],
  build: {
    outDir: 'dist',
    target: ['chrome125', 'firefox140', 'safari18'],
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions,
  },
  worker: { format: 'es', plugins: () => [withoutForeignOrigins()], rolldownOptions },
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
  },
});
