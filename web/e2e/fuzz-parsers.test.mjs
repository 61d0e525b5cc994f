/**
 * The client's parsers under hostile bytes, in Chromium: nothing but their one declared error comes out, and their verdict is Python's.
 *
 * `FUZZ_SECONDS` is the time for all of them together. Python's side is `tests/fuzz`.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openPage } from './formats/page.mjs';

const ROOT = new URL('../../', import.meta.url);
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 5);
let opened;
let given;

function vectors(name) {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, ROOT), 'utf8'));
}

function python(...words) {
  return JSON.parse(execFileSync('.venv/bin/python', words, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 30 }));
}

before(async () => {
  given = { roster: vectors('roster'), aead: vectors('aead').vectors.at(-1), seeds: python('-m', 'tests.fuzz.seeds') };
  opened = await openPage('fuzz.ts');
});

after(() => opened?.close());

test('nothing but the declared error', async () => {
  const { runs, wrong } = await opened.page.evaluate(([what, seconds]) => globalThis.formats(what, seconds), [given, SECONDS]);
  assert.deepEqual(wrong, []);
  for (const [name, { runs: count }] of Object.entries(runs)) assert.ok(count >= 100, `${name}: ${count} runs`);
});

test("the browser's verdict is Python's", async () => {
  const { seed, verdicts } = python('-m', 'tests.fuzz.verdicts', String(Math.ceil(SECONDS * 20)), ...(process.env.FUZZ_SEED ? [process.env.FUZZ_SEED] : []));
  const found = await opened.page.evaluate(([what, list]) => globalThis.differences(what, list), [given, verdicts]);
  assert.deepEqual(found, [], `seed ${seed}`);
});
