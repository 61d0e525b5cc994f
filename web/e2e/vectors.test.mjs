/** The client's formats against the shared vectors, in Chromium (not Node: its WebCrypto is another). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { pageFiles, serve } from './session/page.mjs';

const ORIGIN = 'http://localhost:21099';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let browser;
let page;

before(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
  const context = await browser.newContext();
  await serve(context, ORIGIN, await pageFiles('vectors.ts'));
  page = await context.newPage();
  await page.goto(`${ORIGIN}/at/`);
  await page.waitForFunction(() => 'vectors' in globalThis);
});

after(() => browser?.close());

function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'));
}

for (const name of ['aead', 'jws', 'roster', 'snapshot', 'envelope']) {
  test(`vectors: ${name}`, async () => {
    const count = await page.evaluate(([kind, file]) => globalThis.vectors[kind](file), [name, vectors(name)]);
    assert.ok(count >= 7, `${count} cases`);
  });
}

test('ids have one spelling', async () => {
  const { was_member: one } = vectors('roster');
  assert.equal(await page.evaluate((list) => globalThis.vectors.ids(list), [one.pid]), 1);
});
