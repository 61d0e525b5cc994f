/**
 * One's own devices in the browser: a new one asks the older ones whether it was oneself, on each of them, also on one that was off;
 * signing out from afar against reporting lost; and a home that hides a device. Takes the running city from `SAMRUM_READY`.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { city, launch, log, newRoom, openRoom, say } from './browser.mjs';
import { ask, enter } from './city/revoking.mjs';
import { until } from './media/lib.mjs';

const REVOKED = /This device was signed out from another of your devices/;
/** From a sign-in until the other devices say so. */
const NOTICE_MS = 5000;
const world = {};

before(async () => {
  world.city = city();
  world.browser = await launch();
});

after(async () => {
  await world.browser?.close();
});

const question = (page) => page.getByText(/^Chromium, Linux, .* – not you\?$/);
const button = (page, name) => page.getByRole('button', { name });

/** Answers whatever earlier tests have left, so that only what comes now is asked. */
async function settle(one) {
  const { body } = await ask(one, '/devices');
  const old = body.devices.filter(({ asks }) => asks).length;
  const open = async () => (await ask(one, '/devices')).body.devices.filter(({ asks }) => asks).length;
  for (let n = old; n > 0; n -= 1) {
    await button(one.page, /^It was me:/).click();
    await until('it is answered', async () => (await open()) < n);
  }
  await question(one.page).waitFor({ state: 'detached' });
}

async function epochs(one, room) {
  const { body } = await ask(one, '/rosters', { rooms: { [room]: 0 } });
  const last = body.rosters[room].at(-1);
  return JSON.parse(Buffer.from(last.split('.')[1], 'base64url').toString()).epoch.n;
}

async function done(...all) {
  for (const { page } of all) {
    assert.deepEqual(await page.reports(), []);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  }
}

async function toDevices({ page }) {
  await button(page, /You and your settings/).click();
  await page.getByRole('menuitem', { name: 'My devices' }).click();
  await page.getByText('First used').first().waitFor();
}

describe('a new device', { concurrency: false }, () => {
  test('asks the older ones within seconds, and one answer is for all, also where it was off', async () => {
    const [, , third] = world.city.logins;
    const [here, off] = [await enter(world.browser, world.city, third), await enter(world.browser, world.city, third)];
    await settle(here);
    await off.page.goto('about:blank');
    const fresh = await enter(world.browser, world.city, third);
    await question(here.page).waitFor({ timeout: NOTICE_MS });
    assert.equal(await question(fresh.page).count(), 0, 'it does not ask itself');
    assert.equal(await here.page.getByRole('dialog').count(), 0);
    await here.page.reload();
    await question(here.page).waitFor();
    await off.page.goto(`${world.city.home}/?lang=en`);
    await question(off.page).waitFor();
    await button(off.page, /^It was me:/).click();
    await question(off.page).waitFor({ state: 'detached' });
    await question(here.page).waitFor({ state: 'detached', timeout: NOTICE_MS });
    await here.page.reload();
    await button(here.page, /You and your settings/).waitFor();
    await toDevices(here);
    assert.equal(await question(here.page).count(), 0);
    await done(here, off, fresh);
  });

  test('that was not oneself is out at once, and every room gets a new key', async () => {
    const [asa, , third] = world.city.logins;
    const here = await enter(world.browser, world.city, third);
    await settle(here);
    const title = `Lån ${randomBytes(4).toString('hex')}`;
    await newRoom(here.page, title, [asa.name]);
    const room = here.page.url().match(/r_[a-z2-7]{26}/)[0];
    const thief = await enter(world.browser, world.city, third);
    await question(here.page).waitFor({ timeout: NOTICE_MS });
    assert.equal(await epochs(here, room), 1);
    await button(here.page, /^Not me:/).focus();
    await here.page.keyboard.press('Enter');
    await thief.page.getByText(REVOKED).waitFor();
    await here.page.getByText(/is signed out and reported lost/).waitFor();
    assert.equal(await epochs(here, room), 2);
    await button(here.page, 'I have read this').click();
    assert.equal(await here.page.getByText(/reported lost/).count(), 0);
    await say(here.page, 'vidare under ny nyckel');
    await log(here.page).getByText('vidare under ny nyckel').waitFor();
    await done(here, thief);
  });
});

describe('the list of devices', { concurrency: false }, () => {
  test('signs out from afar without a new key, and afterwards still takes the report that it is lost', async () => {
    const [asa, , third] = world.city.logins;
    const here = await enter(world.browser, world.city, third);
    await settle(here);
    const title = `Lista ${randomBytes(4).toString('hex')}`;
    await newRoom(here.page, title, [asa.name]);
    const room = here.page.url().match(/r_[a-z2-7]{26}/)[0];
    const away = await enter(world.browser, world.city, third);
    await toDevices(here);
    const row = here.page.getByRole('listitem').filter({ hasText: 'Chromium, Linux' });
    const live = row.filter({ has: here.page.getByRole('button', { name: /^Sign out there/ }) });
    await until('it is listed', async () => (await ask(here, '/devices')).body.devices.some(({ dev }) => dev === away.papers.dev));
    const before = await live.count();
    await live.first().getByRole('button', { name: /^Sign out there/ }).click(); // last used first
    await away.page.getByText(REVOKED).waitFor();
    await until('the list says so', async () => (await live.count()) === before - 1);
    assert.equal(await epochs(here, room), 1);
    const { devices } = (await ask(here, '/devices')).body;
    const place = devices.findIndex(({ dev }) => dev === away.papers.dev);
    const ended = here.page.getByRole('main').getByRole('listitem').nth(place);
    await ended.getByRole('button', { name: /^Report lost/ }).click();
    await ended.getByRole('button', { name: 'Report lost now' }).click();
    await ended.getByText('Reported lost', { exact: true }).waitFor();
    assert.equal(await epochs(here, room), 2);
    await done(here, away);
  });
});

describe('a home that hides a device', { concurrency: false }, () => {
  test('is found out when that device writes in the person\'s name', async () => {
    const [asa, , third] = world.city.logins;
    let hide = null;
    const here = await enter(world.browser, world.city, third, {
      prepare: (context) =>
        context.route('**/devices', async (route) => {
          const response = await route.fetch();
          const body = await response.json();
          const devices = body.devices.filter(({ dev }) => dev !== hide);
          await route.fulfill({ response, json: { ...body, devices } });
        }),
    });
    await settle(here);
    const title = `Dold ${randomBytes(4).toString('hex')}`;
    await newRoom(here.page, title, [asa.name]);
    const other = await enter(world.browser, world.city, third);
    await openRoom(other.page, title);
    await say(other.page, 'som synlig');
    await log(here.page).getByText('som synlig').waitFor();
    const alarm = here.page.getByText(/A device has signed in as you that your authority’s list/);
    assert.equal(await alarm.count(), 0);
    hide = other.papers.dev;
    await here.page.reload();
    await alarm.waitFor();
    await here.page.getByText('home_device_hidden').waitFor();
    await done(here, other);
  });
});
