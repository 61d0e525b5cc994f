/** Every shared vector that `vectors.test.mjs` does not read, by the client's own code in Chromium. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openPage } from './formats/page.mjs';

let opened;

before(async () => {
  opened = await openPage('vectors.ts');
});

after(() => opened?.close());

for (const [name, least] of Object.entries({ statements: 380, ed25519: 40, frames: 190, content: 55, ids: 40, media: 19, ledger: 25, keys: 20 })) {
  test(`vectors: ${name}`, async () => {
    const file = JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'));
    const { wrong, cases } = await opened.page.evaluate(([which, what]) => globalThis.formats(which, what), [name, file]);
    assert.deepEqual(wrong, []);
    assert.ok(cases >= least, `${cases} cases`);
  });
}
