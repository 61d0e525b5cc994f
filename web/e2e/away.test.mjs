/**
 * Home away for an hour, and for longer than a day, in the product as it is: its process is killed for real. A city of its own.
 *
 * Time is moved, not waited for: by Playwright's clock in pages, by the same step in the keys' workers.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, log, newRoom, openRoom, person, rooms, say, signIn } from './browser.mjs';
import { bothWays, join, tile } from './media/checks.mjs';
import { countConnections } from './media/lib.mjs';
import { startCity, until } from './session/city.mjs';

const PORTS = 21700;
const HOUR = 3600 * 1000;
const AWAY = 'Your authority’s server does not answer.';

let city;
let browser;
let anna;
let bo;
let client;
const visited = [];

/** Home's process is gone; the launcher, which would start it again, stands still meanwhile. */
function homeGoes() {
  process.kill(city.launcher, 'SIGSTOP');
  process.kill(Number(execFileSync('pgrep', ['-P', String(city.launcher), '-f', 'samrum home run']).toString()), 'SIGKILL');
}

/** Lets home serve a client of its own, which a test may change. */
async function ownClient() {
  const config = path(city.ready.data.home, 'home.toml');
  const [, from] = /^web = "(.*)"$/m.exec(readFileSync(config, 'utf8'));
  const to = path(city.folder, 'web');
  cpSync(from, to, { recursive: true });
  writeFileSync(config, readFileSync(config, 'utf8').replace(from, to));
  homeGoes();
  homeComes();
  await until(() => fetch(`${city.ready.home}/health`).then(({ ok }) => ok, () => false), 'home serves its own client', 20_000);
  return to;
}

/** The same client under another name: to a browser, a newer one. */
function newerClient(folder) {
  const assets = path(folder, 'assets');
  const page = path(folder, 'index.html');
  const [, entry] = /assets\/(index-[\w-]+\.js)/.exec(readFileSync(page, 'utf8'));
  renameSync(path(assets, entry), path(assets, `x${entry}`));
  for (const name of readdirSync(assets).filter((one) => one.endsWith('.js'))) {
    const text = readFileSync(path(assets, name), 'utf8');
    if (text.includes(entry)) writeFileSync(path(assets, name), text.replaceAll(entry, `x${entry}`));
  }
  writeFileSync(page, `${readFileSync(page, 'utf8').replaceAll(entry, `x${entry}`)}\n`);
  utimesSync(page, new Date(), new Date());
}

function homeComes() {
  process.kill(city.launcher, 'SIGCONT');
}

const title = ({ page }, text) => page.locator('main').getByRole('status').getByText(text);
const message = ({ page }, text) => log(page).getByText(text, { exact: true });
const button = ({ page }, name) => page.getByRole('button', { name, exact: true });

async function visit(login, { sharedComputer = false, of } = {}) {
  const context = { permissions: ['camera', 'microphone'], viewport: { width: 1280, height: 800 } };
  const page = await person(browser, { home: city.ready.home, context, of: of?.page });
  if (of === undefined) {
    await page.context().addInitScript(countConnections);
    await page.reload();
    await signIn(page, login, { sharedComputer });
  }
  const one = { page, name: login.name };
  visited.push(one);
  return one;
}

/** Moves time in a page that runs, and in its workers. */
async function later({ page }, ms) {
  const move = (step) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + step;
  };
  await Promise.all([page, ...page.workers()].map((one) => one.evaluate(move, ms)));
}

/** In the page: of what is kept for a start without home, `what`. */
async function kept({ page }, what) {
  return page.evaluate(async (wanted) => {
    const { name } = (await indexedDB.databases()).find((one) => one.name.startsWith(wanted === 'names' ? 'samrum.p_' : 'samrum.away.')) ?? {};
    if (name === undefined) return null;
    return new Promise((resolve) => {
      const ask = indexedDB.open(name);
      ask.onsuccess = () => {
        const store = ask.result.transaction(wanted === 'names' ? 'sealed' : wanted, 'readwrite').objectStore(wanted === 'names' ? 'sealed' : wanted);
        const got = wanted === 'names' ? store.delete('names') : wanted === 'start' ? store.get('start') : store.count();
        got.onsuccess = () => {
          ask.result.close();
          resolve(got.result ?? null);
        };
      };
    });
  }, what);
}

/** The whole client is held. */
async function held({ page }) {
  await until(() => page.evaluate(async () => {
    for (const name of await caches.keys()) if ((await (await caches.open(name)).match('/client.json')) !== undefined) return true;
    return false;
  }), 'the client is held', 20_000);
}

/** The client is held, and what a start without home needs is kept. */
async function ready(one) {
  await held(one);
  await until(async () => (await kept(one, 'start')) !== null && (await kept(one, 'certs')) >= 2, 'a start and certificates are kept', 20_000);
}

before(async () => {
  city = await startCity(PORTS);
  client = await ownClient();
  browser = await launch();
  const [a, b] = city.ready.logins;
  [anna, bo] = await Promise.all([visit(a), visit(b)]);
});

after(async () => {
  if (city !== undefined) homeComes();
  await browser?.close();
  await city?.stop();
});

test('what is held of the client is what home lists, and nothing else is kept beside it', { timeout: 60_000 }, async () => {
  const [, b, c] = city.ready.logins;
  await newRoom(anna.page, 'Torget', [b.name, c.name]);
  await say(anna.page, 'before');
  await openRoom(bo.page, 'Torget');
  await message(bo, 'before').waitFor();
  await say(bo.page, 'answer before');
  await message(anna, 'answer before').waitFor();
  await Promise.all([ready(anna), ready(bo)]);
  const files = await anna.page.evaluate(async () => {
    const found = {};
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const data = new Uint8Array(await crypto.subtle.digest('SHA-256', await (await cache.match(request)).arrayBuffer()));
        found[new URL(request.url).pathname.slice(1)] = [...data].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      }
    }
    return found;
  });
  const listed = await (await fetch(`${city.ready.home}/client.json`)).json();
  delete files['client.json'];
  assert.deepEqual(files, listed.files);
});

test('an hour without home: chat and meetings go on, after a reload and in a second window too', { timeout: 120_000 }, async () => {
  homeGoes();
  await later(bo, HOUR);
  await anna.page.reload();
  await message(anna, 'answer before').waitFor();
  await later(anna, HOUR);
  await title(anna, AWAY).waitFor();
  await say(anna.page, 'without home');
  await message(bo, 'without home').waitFor();
  await say(bo.page, 'nor here');
  await message(anna, 'nor here').waitFor();

  const window = await visit({ name: anna.name }, { of: anna });
  await rooms(window.page).getByRole('link', { name: 'Torget' }).waitFor();
  await openRoom(window.page, 'Torget');
  await message(window, 'nor here').waitFor();
  await say(window.page, 'from the second window');
  await message(bo, 'from the second window').waitFor();
  await window.page.close();

  await button(anna, 'Meet now').click();
  await join(anna);
  await bo.page.getByRole('button', { name: /^Join/ }).first().click();
  await join(bo);
  await bothWays(anna, bo);
  await button(anna, 'Leave').click();
  await button(bo, 'Leave').click();
});

test('what waits says so', { timeout: 60_000 }, async () => {
  const { page } = anna;
  const says = (where) => where.getByText('try this again when it is back').waitFor();
  const search = page.getByRole('combobox', { name: 'Find people and rooms' });
  await search.fill('Kar');
  await says(page);
  await search.fill('');
  await search.press('Escape');
  await button(anna, 'New room').click();
  const dialog = page.getByRole('dialog', { name: 'New room' });
  await dialog.getByRole('textbox', { name: 'Room name' }).fill('Senare');
  await dialog.getByRole('button', { name: 'Create room' }).click();
  await says(dialog);
  await page.keyboard.press('Escape');
});

test('a person whose name is not known has a number; it comes with home', { timeout: 90_000 }, async () => {
  await kept(anna, 'names');
  await anna.page.reload();
  await message(anna, 'nor here').waitFor();
  await log(anna.page).getByText(/^Participant \d$/).first().waitFor();
  homeComes();
  await title(anna, AWAY).waitFor({ state: 'detached', timeout: 40_000 });
  await log(anna.page).getByText(bo.name).first().waitFor();
  await title(bo, AWAY).waitFor({ state: 'detached', timeout: 40_000 });
  await newRoom(bo.page, 'Efteråt', [anna.name]);
  await rooms(anna.page).getByRole('link', { name: 'Efteråt' }).waitFor();
});

test('on a shared computer nothing is kept, so home is needed, and the page says that', { timeout: 60_000 }, async () => {
  const carl = await visit(city.ready.logins[2], { sharedComputer: true });
  await held(carl);
  homeGoes();
  await carl.page.reload();
  await carl.page.getByText(AWAY).waitFor();
  const names = await carl.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  assert.deepEqual(names.filter((name) => name.startsWith('samrum.away.')), []);
  await carl.page.close();
});

test('after a day what was leased is over: that is said, and nothing opens', { timeout: 60_000 }, async () => {
  const { page } = bo;
  await openRoom(page, 'Torget');
  await message(bo, 'nor here').waitFor();
  await later(bo, 24 * HOUR);
  await say(anna.page, 'too late for him');
  await log(page).getByText('This message opens when your authority’s server is back.').first().waitFor();
  assert.equal(await message(bo, 'too late for him').count(), 0);
  await page.clock.install({ time: Date.now() + 25 * HOUR });
  await page.reload();
  await page.getByText(AWAY).waitFor();
  assert.equal(await page.getByText('nor here').count(), 0);
  homeComes();
});

test('a newer client says so, and loads itself when nobody is busy with the page', { timeout: 60_000 }, async () => {
  const { page } = anna;
  await until(() => fetch(`${city.ready.home}/health`).then(({ ok }) => ok, () => false), 'home is back', 20_000);
  await page.clock.install();
  await page.reload();
  await page.clock.runFor(2000);
  await openRoom(page, 'Torget');
  await page.getByRole('textbox', { name: 'Message' }).fill('not sent');
  await page.evaluate(() => (window.same = true));
  newerClient(client);
  await page.clock.fastForward(HOUR + 1000);
  await until(async () => {
    await page.clock.runFor(500);
    return page.getByText('A new version of Samrum is ready.').isVisible();
  }, 'the note', 20_000);
  await page.clock.fastForward(HOUR);
  await button(anna, 'Load it now').click();
  await page.getByText('Send or delete what you have written first').waitFor();
  assert.equal(await page.evaluate(() => window.same), true, 'not over text that is not sent');
  await page.getByRole('textbox', { name: 'Message' }).fill('');
  await page.clock.fastForward(HOUR);
  await until(async () => {
    await page.clock.runFor(6000).catch(() => undefined);
    return page.evaluate(() => window.same !== true).catch(() => false);
  }, 'loaded anew', 20_000);
  await page.clock.runFor(2000);
  await rooms(page).getByRole('link', { name: 'Torget' }).waitFor();
  assert.equal(await page.getByText('A new version of Samrum is ready.').count(), 0);
});

test('no page was told off by its policy, and none threw', async () => {
  for (const { page, name } of visited) if (!page.isClosed()) assert.deepEqual([name, await page.reports(), page.errors], [name, [], []]);
});
