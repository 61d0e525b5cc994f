/** The vault against honest and dishonest homes and relays, in Chromium. */
import assert from 'node:assert/strict';
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
  await serve(context, ORIGIN, await pageFiles('vault.ts'));
  page = await context.newPage();
  await page.goto(`${ORIGIN}/at/`);
  await page.waitForFunction(() => 'vault' in globalThis);
});

after(() => browser?.close());

test('the vault', async (t) => {
  for (const name of await page.evaluate(() => globalThis.vault.names)) {
    await t.test(name, async () => {
      const { found, wanted } = await page.evaluate((one) => globalThis.vault.run(one), name);
      assert.deepEqual(found, wanted);
    });
  }
});
