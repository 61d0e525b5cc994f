/** The built client (`dist/`, after `npm run build`): says nothing to the console, names no foreign origin, and is small before it is needed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const DIST = resolve(import.meta.dirname, '../dist');
const read = (path) => readFileSync(join(DIST, path), 'utf8');
const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(js|css|html|json|svg|webmanifest)$/.test(path));
const manifest = JSON.parse(read('manifest.json'));

/** Everything that loads with these entries, by static imports. */
function reach(keys, found = new Set()) {
  for (const key of keys) {
    if (found.has(key)) continue;
    found.add(key);
    reach(manifest[key].imports ?? [], found);
  }
  return found;
}

const kilobytes = (names) => [...names].reduce((sum, name) => sum + gzipSync(read(name)).length, 0) / 1000;
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
/** What reading and writing needs; the side panel and the dialog for a new room load when they are asked for. */
const chat = [...reach([entry, 'src/session/index.ts', 'src/languages/de.ts'])].map((key) => manifest[key].file);
const keysWorker = files.filter((path) => /keys\.worker/.test(path));
const meeting = [...reach(['src/meeting/index.tsx', 'src/meeting/locales/de.json'])].map((key) => manifest[key].file);

test('no call to the console', () => {
  for (const path of files) assert.doesNotMatch(read(path), /\bconsole\s*(\?\.|\.|\[)/, path);
});

test('no foreign origin: only names of XML vocabularies', () => {
  // A scheme alone names nobody: it begins an address that somebody wrote.
  for (const path of files) assert.deepEqual([...read(path).matchAll(/\bhttps?:\/\/(?!www\.w3\.org\/)[^\s"'`)]+/g)].map(String), [], path);
});

test('nothing inline in the page', () => {
  const page = read('index.html').replace(/<!--.*?-->/gs, '');
  assert.doesNotMatch(page, /<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=/);
});

test('chat needs at most 250 kB of JavaScript, a meeting 450 kB with it; the media engine is in no chunk of chat', (t) => {
  const before = kilobytes([...chat, ...keysWorker]);
  const all = kilobytes(new Set([...chat, ...keysWorker, ...meeting, ...files.filter((path) => /media\.worker/.test(path))]));
  t.diagnostic(`gzip: chat ${before.toFixed(0)} kB, with a meeting ${all.toFixed(0)} kB`);
  assert.ok(before <= 250, `${before.toFixed(0)} kB`);
  assert.ok(all <= 450, `${all.toFixed(0)} kB`);
  // A name of the media engine's own protocol that no other code uses.
  assert.ok(meeting.some((path) => read(path).includes('SignalRequest')));
  for (const path of chat) assert.doesNotMatch(read(path), /SignalRequest/, path);
});
