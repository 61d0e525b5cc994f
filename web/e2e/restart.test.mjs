/**
 * Relay and LiveKit die in a running meeting, and the launcher starts them again: chat and media come back by themselves.
 *
 * A city of its own. How long it took is measured at the browsers, and said.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { launch, log, newRoom, openRoom, person, say, signIn } from './browser.mjs';
import { bothWays, join, tile } from './media/checks.mjs';
import { countConnections } from './media/lib.mjs';
import { startCity, until } from './session/city.mjs';

const PORTS = 21720;
/** How often each is killed. */
const TIMES = Number(process.env.SAMRUM_RESTARTS ?? 2);
/** Chat and media are back after so long, in ms; on a machine so busy that the zone alone took long, so long after the zone. */
const CHAT = { all: 5_000, after: 2_500 };
const MEDIA = { all: 10_000, after: 7_000 };

const BUFFERED_MS = 700;

let city;
let browser;
let anna;
let bo;

function zone(name) {
  const pattern = name === 'livekit' ? 'livekit-server' : `samrum ${name} run`;
  return Number(execFileSync('pgrep', ['-P', String(city.launcher), '-f', pattern]).toString());
}

/** Kills a zone; resolves with how long the launcher took to have it well again, in ms. */
async function kill(name) {
  const since = Date.now();
  const { relay, livekit } = city.ready;
  const look = name === 'relay' ? `${relay}/health` : livekit.replace('ws', 'http');
  process.kill(zone(name), 'SIGKILL');
  await until(() => fetch(look).then(({ ok }) => ok, () => false), `${name} is well again`, 60_000);
  return Date.now() - since;
}

function inTime(limit, took) {
  for (const { up, back } of took) assert.ok(back <= Math.max(limit.all, up + limit.after), JSON.stringify(took));
}

/** The running calls, as relay keeps them. */
function calls() {
  const code = 'import json,sqlite3,sys; print(json.dumps(sqlite3.connect(sys.argv[1], timeout=10).execute("SELECT call FROM calls").fetchall()))';
  return JSON.parse(execFileSync('python3', ['-c', code, `${city.ready.data.relay}/relay.db`], { encoding: 'utf8' })).flat();
}

async function enter(login) {
  const context = { permissions: ['camera', 'microphone'], viewport: { width: 1280, height: 800 } };
  const page = await person(browser, { home: city.ready.home, context });
  await page.context().addInitScript(countConnections);
  await page.reload();
  await signIn(page, login);
  return { page, name: login.name };
}

const button = ({ page }, name) => page.getByRole('button', { name, exact: true });
const frames = async ({ page }) => (await page.evaluate(() => window.mediaTotals())).framesDecoded;

/** Whether the page says from now on that it is reconnecting. */
function watchWords({ page }) {
  return page.evaluate(() => {
    window.said = false;
    new MutationObserver(() => {
      window.said ||= document.body.innerText.includes('Reconnecting');
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}

/** When this person's picture moves again, in ms after `since`: not by what had been received before. */
async function movesAgain(who, since) {
  await new Promise((resolve) => setTimeout(resolve, BUFFERED_MS));
  const before = await frames(who);
  await until(async () => (await frames(who)) > before + 5, `${who.name} sees a moving picture`, 30_000);
  return Date.now() - since;
}

before(async () => {
  city = await startCity(PORTS);
  browser = await launch();
  const [a, b] = city.ready.logins;
  [anna, bo] = await Promise.all([enter(a), enter(b)]);
  await newRoom(anna.page, 'Stormöte', [b.name]);
  await openRoom(bo.page, 'Stormöte');
  await button(anna, 'Meet now').click();
  await join(anna);
  await bo.page.getByRole('button', { name: /^Join/ }).first().click();
  await join(bo);
  await bothWays(anna, bo);
});

after(async () => {
  await browser?.close();
  await city?.stop();
});

test('relay dies: chat is back within 5 s, media go on untouched', { timeout: 60_000 }, async (t) => {
  const took = [];
  for (let round = 0; round < TIMES; round += 1) {
    let stalls = 0;
    let last = await frames(bo);
    const killed = Date.now();
    const up = kill('relay');
    await say(anna.page, `after ${round}`);
    const seen = log(bo.page).getByText(`after ${round}`, { exact: true }).waitFor().then(() => Date.now() - killed);
    for (let done = false; !done; ) {
      done = await Promise.race([seen.then(() => true), new Promise((resolve) => setTimeout(resolve, 700, false))]);
      const now = await frames(bo);
      if (!done && now === last) stalls += 1;
      last = now;
    }
    took.push({ up: await up, back: await seen });
    assert.equal(stalls, 0, 'the picture went on');
    assert.equal(await anna.page.getByText('Reconnecting').count(), 0);
  }
  t.diagnostic(`relay was up and chat back after, in ms: ${JSON.stringify(took)}`);
  inTime(CHAT, took);
});

test('LiveKit dies: everybody sees and hears again within 10 s, in the same meeting, as they had set it', { timeout: 120_000 }, async (t) => {
  await button(bo, 'Mute').click();
  await button(bo, 'Unmute').waitFor();
  const before = calls();
  const took = [];
  for (let round = 0; round < TIMES; round += 1) {
    await Promise.all([anna, bo].map(watchWords));
    const killed = Date.now();
    const up = kill('livekit');
    const back = Math.max(...(await Promise.all([movesAgain(anna, killed), movesAgain(bo, killed)])));
    took.push({ up: await up, back });
    for (const one of [anna, bo]) {
      await one.page.getByText('Reconnecting').waitFor({ state: 'detached' });
      assert.equal(await one.page.evaluate(() => window.said), true, 'the screen says so');
      assert.equal(await one.page.getByRole('group').filter({ has: one.page.locator('video') }).count(), 2, 'no tile twice');
    }
    assert.deepEqual(calls(), before, 'the same meeting');
    await button(bo, 'Unmute').waitFor();
    await button(anna, 'Mute').waitFor();
    await button(anna, 'Stop video').waitFor();
    await tile(anna, bo.name).getByRole('img', { name: 'Microphone off' }).waitFor();
  }
  t.diagnostic(`LiveKit was up and media back after, in ms: ${JSON.stringify(took)}`);
  inTime(MEDIA, took);
  await button(bo, 'Unmute').click();
  await button(bo, 'Mute').waitFor();
  await bothWays(anna, bo);
  assert.deepEqual([anna.page.errors, bo.page.errors, await anna.page.reports(), await bo.page.reports()], [[], [], [], []]);
});
