/** The comparison of home's ledger with relay's witnessed head, in Chromium, whose cryptography it uses: every lie has its alarm. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch } from './browser.mjs';
import { pageFiles, serve } from './session/page.mjs';

const ORIGIN = 'http://localhost:21869';

let browser;
let page;

before(async () => {
  browser = await launch();
  const context = await browser.newContext();
  await serve(context, ORIGIN, await pageFiles('ledger.ts'));
  page = await context.newPage();
  await page.goto(`${ORIGIN}/at/`);
  await page.waitForFunction(() => 'ledger' in globalThis);
}, { timeout: 60_000 });

after(() => browser?.close());

test('the ledger', async (t) => {
  for (const name of await page.evaluate(() => globalThis.ledger.names)) {
    await t.test(name, async () => {
      const { found, wanted } = await page.evaluate((one) => globalThis.ledger.run(one), name);
      assert.deepEqual(found, wanted);
    });
  }
});
