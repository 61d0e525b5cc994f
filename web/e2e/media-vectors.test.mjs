/** SFrame and our frames against the shared vectors, in Chromium (Node's WebCrypto is another). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { launch } from './media/lib.mjs';
import { pageFiles, serve } from './session/page.mjs';

const ORIGIN = 'http://localhost:21299';
let browser;
let page;

before(async () => {
  browser = await launch();
  const context = await browser.newContext();
  await serve(context, ORIGIN, await pageFiles('../media/vectors.ts'));
  page = await context.newPage();
  await page.goto(`${ORIGIN}/at/`);
  await page.waitForFunction(() => 'vectors' in window);
});

after(() => browser?.close());

for (const [name, least] of [['sframe', 40], ['media', 15]]) {
  test(`vectors: ${name}`, async () => {
    const file = JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'));
    const count = await page.evaluate(([kind, given]) => window.vectors[kind](given), [name, file]);
    assert.ok(count >= least, `${count} cases`);
  });
}
