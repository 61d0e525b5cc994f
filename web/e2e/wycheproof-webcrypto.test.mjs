/** Wycheproof's AES-GCM, HKDF and Ed25519 vectors by Chromium's WebCrypto. Python's side is `tests/wire/test_wycheproof.py`. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openPage } from './formats/page.mjs';

const MODULE = new URL('../../vectors/wycheproof/', import.meta.url);
let opened;
let folder;

function go(...words) {
  return execFileSync('go', words, { cwd: MODULE, encoding: 'utf8' }).trim();
}

before(async () => {
  go('mod', 'download');
  folder = `${go('list', '-m', '-f', '{{.Dir}}', 'github.com/c2sp/wycheproof')}/testvectors_v1`;
  opened = await openPage('wycheproof.ts');
});

after(() => opened?.close());

/** What Chromium does not offer, by name (decision 4). Nothing else may be missing. */
const MISSING = { aes_gcm: ['none OperationError key 192'] };

for (const name of ['aes_gcm', 'hkdf_sha256', 'hkdf_sha512', 'ed25519']) {
  test(`wycheproof: ${name}`, async () => {
    const file = JSON.parse(readFileSync(`${folder}/${name}_test.json`, 'utf8'));
    const { right = [], wrong = [], ...missing } = await opened.page.evaluate(([which, what]) => globalThis.formats(which, what), [name, file]);
    assert.deepEqual(wrong, []);
    assert.deepEqual(Object.keys(missing), MISSING[name] ?? []);
    assert.equal(right.length + Object.values(missing).flat().length, file.numberOfTests);
    assert.ok(right.length > file.numberOfTests / 2);
  });
}
