/** Files between two people: attached in every way, cut off and gone on, changed on the way, shown and saved; and a relay that lies about them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';

import { city, launch, log, newRoom, openRoom, person, rooms, say, signIn } from './browser.mjs';
import { film, pdf, photo, sound } from './files/made.mjs';

const [asa, bjorn] = city().logins;
const title = `Filer ${new Date().toISOString().slice(11, 19).replaceAll(':', '.')}`;
const MIB = 1 << 20;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Relay's address of an object's bytes. */
const OBJECT = /\/objects\/[0-9a-f]{64}$/;
const PIECE = /\/objects\/[0-9a-f]{64}\?offset=/;

const folder = mkdtempSync(join(tmpdir(), 'samrum-files-'));
let browser;
let hers;
let his;

before(async () => {
  browser = await launch();
  [hers, his] = await Promise.all([person(browser), person(browser)]);
  await Promise.all([signIn(hers, asa), signIn(his, bjorn)]);
  await newRoom(hers, title, [bjorn.name]);
  await rooms(his).getByRole('link', { name: title }).waitFor();
  await openRoom(his, title);
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const attached = (page) => page.getByRole('list', { name: 'Attachments' });
const row = (page, name) => attached(page).getByRole('listitem').filter({ hasText: name });
const input = (page) => page.locator('input[type=file]').first();

function fileOf(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** All attachments are at relay. */
async function there(page, count, ms = 30_000) {
  await page.waitForFunction(
    (number) => {
      const items = [...(document.querySelector('ul[aria-label="Attachments"]')?.children ?? [])];
      return items.length === number && items.every((item) => item.querySelector('progress') === null);
    },
    count,
    { timeout: ms },
  );
}

async function saved(page, name) {
  const download = page.waitForEvent('download');
  await log(page).getByRole('button', { name: `Save ${name}` }).last().click();
  const file = await download;
  return { bytes: readFileSync(await file.path()), name: file.suggestedFilename() };
}

/** How many uploads the browser has kept. */
function kept(page) {
  return page.evaluate(async () => {
    const answer = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const name = (await indexedDB.databases()).map((one) => one.name).find((one) => one.startsWith('samrum.files.'));
    if (name === undefined) return null;
    const db = await answer(indexedDB.open(name));
    const count = await answer(db.transaction('uploads').objectStore('uploads').count());
    db.close();
    return count;
  });
}

/** axe finds nothing in `part` of the page. */
async function blameless(page, part) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(([tags, where]) => globalThis.axe.run(where, { runOnly: tags, resultTypes: ['violations'] }), [RULES, part]);
  assert.deepEqual(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target).join(' ')}`), [], part);
}

test('picked, dropped and pasted; the other one sees a picture, plays, reads and saves; nothing besides the picture went along', { timeout: 60_000 }, async () => {
  const taken = await photo(hers);
  const report = pdf(['Protokoll fört vid sammanträde', 'Beslut']);
  const [tone, moving] = [sound(60), await film(hers)];
  await input(hers).setInputFiles([
    { name: 'foto.jpg', mimeType: 'image/jpeg', buffer: taken },
    { name: 'film.webm', mimeType: 'video/webm', buffer: moving },
    { name: 'protokoll.pdf', mimeType: 'application/pdf', buffer: report },
    { name: 'ljud.wav', mimeType: 'audio/wav', buffer: tone },
    { name: 'räkning\u202efdp.html', mimeType: 'text/html', buffer: Buffer.from('<script>document.title = "ran"</script>') },
  ]);
  await hers.getByRole('textbox', { name: 'Message' }).evaluate((area) => {
    const bring = (name) => {
      const data = new DataTransfer();
      data.items.add(new File([name], name, { type: 'text/plain' }));
      return data;
    };
    area.dispatchEvent(new ClipboardEvent('paste', { clipboardData: bring('klistrad.txt'), bubbles: true, cancelable: true }));
    area.dispatchEvent(new DragEvent('drop', { dataTransfer: bring('släppt.txt'), bubbles: true, cancelable: true }));
  });
  await there(hers, 7);
  await row(hers, 'foto.jpg').getByText('without place and camera details').waitFor();
  await blameless(hers, 'ul[aria-label="Attachments"]');
  await say(hers, 'Underlag till i morgon');
  await attached(hers).waitFor({ state: 'detached' });

  await log(his).getByText('Underlag till i morgon').waitFor();
  await log(his).getByRole('button', { name: 'Open foto.jpg' }).waitFor();
  const html = await saved(his, 'räkningfdp.html');
  assert.equal(html.name, 'räkningfdp.html');
  assert.equal(await log(his).getByRole('button', { name: /^(Open|Play) räkning/ }).count(), 0);
  assert.equal((await saved(his, 'klistrad.txt')).bytes.toString(), 'klistrad.txt');
  assert.equal((await saved(his, 'släppt.txt')).bytes.toString(), 'släppt.txt');
  assert.ok((await saved(his, 'protokoll.pdf')).bytes.equals(report));

  await log(his).getByRole('button', { name: 'Open foto.jpg' }).click();
  const viewer = his.getByRole('dialog');
  await viewer.getByRole('img', { name: 'foto.jpg' }).waitFor();
  assert.deepEqual(await viewer.getByRole('img').evaluate((picture) => picture.decode().then(() => [picture.naturalWidth, picture.naturalHeight])), [400, 600]);
  const whole = his.waitForEvent('download');
  await viewer.getByRole('button', { name: 'Save foto.jpg' }).click();
  const bare = readFileSync(await (await whole).path());
  assert.ok(taken.includes('Anna Svensson') && !bare.includes('Anna Svensson') && !bare.includes('57.70887'));
  await blameless(his, '[role=dialog]');
  await his.keyboard.press('+');
  await his.keyboard.press('-');
  await his.keyboard.press('ArrowRight');
  await his.waitForFunction(() => document.querySelector('video')?.videoWidth === 320);
  await viewer.getByRole('button', { name: 'Next' }).click();
  await viewer.getByText('Protokoll fört vid sammanträde').waitFor();
  await viewer.getByRole('group', { name: 'Page 2 of 2' }).waitFor();
  // What was drawn is no empty sheet.
  await his.waitForFunction(() => {
    const canvas = document.querySelector('[role=dialog] canvas');
    const pixels = canvas?.width ? canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data : [];
    return pixels.some((value, at) => at % 4 === 0 && value < 80);
  });
  await blameless(his, '[role=dialog]');
  await his.setViewportSize({ width: 320, height: 640 });
  await his.emulateMedia({ colorScheme: 'dark' });
  await blameless(his, '[role=dialog]');
  assert.ok(await his.evaluate(() => document.documentElement.scrollWidth <= 320));
  await his.setViewportSize({ width: 1280, height: 720 });
  await his.emulateMedia({ colorScheme: 'light' });
  await his.keyboard.press('Escape');
  await viewer.waitFor({ state: 'detached' });

  await his.waitForFunction(() => navigator.serviceWorker.controller !== null, null, { timeout: 15_000 });
  await log(his).getByRole('button', { name: 'Play ljud.wav' }).click();
  await his.waitForFunction(() => document.querySelector('audio')?.readyState >= 1);
  const played = await his.evaluate(async () => {
    const audio = document.querySelector('audio');
    const sought = new Promise((resolve) => audio.addEventListener('seeked', resolve, { once: true }));
    audio.currentTime = 45;
    await sought;
    audio.pause();
    return [audio.duration, Math.floor(audio.currentTime), new URL(audio.src).pathname.split('/').slice(0, 3).join('/')];
  });
  assert.deepEqual(played, [60, 45, '/-/file']);
  // Nobody else gets the contents by their address, and no document is ever made of them.
  assert.equal(await his.evaluate((path) => fetch(path).then(({ status }) => status), await his.evaluate(() => new URL(document.querySelector('audio').src).pathname)), 404);
});

test('32 MB: cut off, paused, reloaded; it goes on where it was, and comes out as it went in', { timeout: 60_000 }, async () => {
  const bytes = randomBytes(32e6);
  const network = (there) => hers.context().setOffline(!there);
  const offsets = [];
  hers.on('request', (request) => PIECE.test(request.url()) && offsets.push(Number(new URL(request.url()).searchParams.get('offset'))));
  const piece = () => hers.waitForRequest((request) => PIECE.test(request.url()) && !request.url().endsWith('=0'));

  await Promise.all([piece(), input(hers).setInputFiles(fileOf('stor.bin', bytes))]);
  await network(false);
  const file = row(hers, 'stor.bin');
  await file.getByText('Trying again by itself').waitFor();
  await file.getByRole('button', { name: 'Pause' }).click();
  await file.getByText('Paused', { exact: true }).waitFor();
  await network(true);
  const before = offsets.length;
  await hers.waitForTimeout(1000);
  assert.equal(offsets.length, before, 'nothing is sent while it is paused');
  await Promise.all([piece(), file.getByRole('button', { name: 'Go on sending' }).click()]);
  await network(false);
  await file.getByText('Trying again by itself').waitFor();
  await network(true);
  await hers.reload();
  offsets.length = 0;
  await there(hers, 1);
  assert.ok(offsets.length > 0 && Math.min(...offsets) > 0, `it begins where relay was: ${offsets}`);
  await say(hers, 'Den stora');
  await log(his).getByText('Den stora').waitFor();
  assert.ok((await saved(his, 'stor.bin')).bytes.equals(bytes));
  assert.equal(await kept(hers), 0, 'of what was sent nothing is kept');
});

test('after a reload a large file is chosen again: only the same one goes on; one that changes meanwhile is noticed', { timeout: 60_000 }, async () => {
  const path = fileOf('ritning.bin', Buffer.alloc(80 * MIB, 'a'));
  const other = fileOf('annan.bin', Buffer.alloc(80 * MIB, 'b'));
  await input(hers).setInputFiles(path);
  await row(hers, 'ritning.bin').getByText(/^[1-9]\d* %/).waitFor();
  await hers.reload();
  await row(hers, 'ritning.bin').getByText(/Choose the same file/).waitFor();
  const again = row(hers, 'ritning.bin').locator('input[type=file]');
  await again.setInputFiles(other);
  await row(hers, 'ritning.bin').getByText(/That is another file/).waitFor();
  await again.setInputFiles(path);
  await row(hers, 'ritning.bin').getByText(/^[1-9]\d* %/).waitFor();
  appendFileSync(path, 'and more');
  await row(hers, 'ritning.bin').getByText(/The file was changed/).waitFor();
  assert.equal(await hers.getByRole('button', { name: 'Send' }).isDisabled(), true);
  await row(hers, 'ritning.bin').getByRole('button', { name: 'Remove' }).click();
  await attached(hers).waitFor({ state: 'detached' });
});

test('a relay that changes, cuts, swaps or mixes up a file’s bytes: one sentence, and nothing is saved', { timeout: 60_000 }, async () => {
  const names = ['ett.bin', 'två.bin'];
  await input(hers).setInputFiles(names.map((name) => ({ name, mimeType: '', buffer: randomBytes(2 * MIB + 4711) })));
  await there(hers, 2);
  await say(hers, 'Två filer');
  await log(his).getByRole('button', { name: 'Save två.bin' }).waitFor();
  const seen = [];
  const lies = {
    'a changed byte': (body) => body.with(body.length - 20, body[body.length - 20] ^ 1),
    'cut': (body) => body.subarray(0, -1),
    'another segment': (body, from) => (from === 0 ? body : Buffer.from(body.map((_, at) => body[(at + MIB) % body.length]))),
    'zeros': (body) => Buffer.alloc(body.length),
  };
  for (const [what, lie] of Object.entries(lies)) {
    await his.route(OBJECT, async (route) => {
      const answer = await route.fetch();
      const from = Number(/bytes=(\d+)/.exec(route.request().headers().range)[1]);
      await route.fulfill({ response: answer, body: Buffer.from(lie(new Uint8Array(await answer.body()), from)) });
    });
    await his.reload();
    let came = false;
    his.once('download', () => (came = true));
    await log(his).getByRole('button', { name: 'Save ett.bin' }).click();
    const alert = log(his).getByRole('article').filter({ hasText: 'Två filer' }).getByRole('alert').filter({ hasText: 'could not be proven' });
    await alert.waitFor().catch((error) => {
      throw new Error(`${what}: ${error.message}`);
    });
    seen.push((await alert.innerText()).replace(/\s*Code.*$/s, ''));
    assert.equal(came, false, what);
    await his.unroute(OBJECT);
  }
  // The object of one file under the name of the other.
  const urls = [];
  his.on('request', (request) => OBJECT.test(request.url()) && urls.push(request.url()));
  await his.reload();
  await saved(his, 'ett.bin');
  await his.route(OBJECT, (route) => route.continue({ url: urls[0] }));
  await log(his).getByRole('button', { name: 'Save två.bin' }).click();
  await log(his).getByRole('alert').filter({ hasText: 'could not be proven' }).waitFor();
  assert.equal(new Set(seen).size, 1, seen.join('\n'));
  await his.unroute(OBJECT);
});

test('no report of the policy, no error in any page', async () => {
  for (const page of [hers, his]) {
    assert.deepEqual(await page.reports(), []);
    assert.deepEqual(page.errors, []);
  }
});
