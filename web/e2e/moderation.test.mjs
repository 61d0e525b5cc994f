/**
 * Moderation, webhooks and one's own data in the browser: a message is reported, decided over and removed; somebody is removed and blocked,
 * and let back in; a machine writes by an address until that is gone; a person fetches their own data. Takes the running city.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { city, launch, log, newRoom, openRoom, person, rooms, say, signIn } from './browser.mjs';
import { violations as found } from './fixtures/axe.mjs';

const world = {};
const title = `Torget ${randomBytes(4).toString('hex')}`;
const button = (page, name) => page.getByRole('button', { name });

async function enter(login, options) {
  const page = await person(world.browser, options);
  await signIn(page, login);
  return page;
}

/** Without what React Aria left to be read aloud of a list whose field is gone since: it is nowhere to be seen. */
const violations = async (page) => (await found(page)).filter((one) => !one.startsWith('role-img-alt: div'));

/** Opens what one can do with a message, by keyboard. */
async function menu(page, text) {
  const row = log(page).getByRole('article').filter({ hasText: text }).last();
  await row.focus();
  await page.getByRole('toolbar', { name: 'With this message' }).waitFor();
  await row.press('Enter');
}

async function panel(page, name) {
  await page.getByRole('banner').or(page.getByRole('main')).getByRole('button', { name }).first().click();
}

async function toReports(page) {
  await button(page, /You and your settings/).click();
  await page.getByRole('menuitem', { name: 'Reports' }).click();
  await page.getByRole('heading', { name: 'Reports', level: 1 }).waitFor();
}

before(async () => {
  world.city = city();
  world.browser = await launch();
  const [asa, bjorn, anna] = world.city.logins;
  Object.assign(world, { asa, bjorn, anna });
  [world.owner, world.author, world.reporter] = await Promise.all([
    enter(asa), enter(bjorn), enter(anna, { context: { viewport: { width: 320, height: 640 }, colorScheme: 'dark', acceptDownloads: true } }),
  ]);
  await newRoom(world.owner, title, [bjorn.name, anna.name]);
  await Promise.all([world.author, world.reporter].map((page) => openRoom(page, title)));
});

after(async () => {
  await world.browser?.close();
});

describe('moderation', { concurrency: false }, () => {
  test('a message is reported on a phone, decided over and removed, and its reporter learns it', async () => {
    const { owner, author, reporter } = world;
    await say(author, 'elaka ord om någon');
    await log(reporter).getByText('elaka ord').waitFor();
    await menu(reporter, 'elaka ord');
    await reporter.getByRole('menuitem', { name: 'Report…' }).click();
    const dialog = reporter.getByRole('dialog', { name: 'Report message' });
    await dialog.getByText('Personal data or something confidential').click();
    await dialog.getByRole('textbox', { name: 'More about it (optional)' }).fill('Det här är fel');
    assert.deepEqual(await violations(reporter), []);
    await button(dialog, 'Send report').click();
    await dialog.getByText('Your report is with the room’s moderators').waitFor();
    await button(dialog, 'Close').last().click();
    await toReports(owner);
    const card = owner.getByRole('article', { name: new RegExp(`Message by ${world.bjorn.name} in ${title}`) });
    await card.getByText('Det här är fel').waitFor();
    await card.getByText('elaka ord om någon').waitFor();
    assert.deepEqual(await violations(owner), []);
    await button(card, 'Decide').click();
    await card.getByText('Remove the message', { exact: true }).click();
    await card.getByRole('textbox', { name: /Answer to the person/ }).fill('Tack, det är borta');
    await button(card, 'Close the report').click();
    await card.waitFor({ state: 'detached' });
    await log(reporter).getByText('elaka ord').waitFor({ state: 'detached' });
    await reporter.getByRole('link', { name: 'Rooms' }).or(reporter.getByRole('link', { name: /Back|All rooms/ })).first().click();
    await toReports(reporter);
    await button(reporter, 'My reports').click();
    const mine = reporter.getByRole('article', { name: new RegExp(title) });
    await mine.getByText('The message was removed.').waitFor();
    await mine.getByText('Tack, det är borta').waitFor();
    assert.equal(await reporter.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing is wider than the phone');
    assert.deepEqual(await violations(reporter), []);
  });

  test('who was removed and blocked comes back only when that is lifted', async () => {
    const { owner, author } = world;
    await openRoom(owner, title);
    await button(owner, /^Members/).click();
    await button(owner, `Change ${world.bjorn.name}`).click();
    await owner.getByRole('menuitem', { name: 'Remove and block' }).click();
    const blocked = owner.getByRole('region', { name: 'Blocked' });
    await blocked.getByText(world.bjorn.name, { exact: true }).waitFor();
    await rooms(author).getByRole('link', { name: title }).waitFor({ state: 'detached' });
    await owner.getByRole('combobox', { name: 'Add people' }).fill(world.bjorn.name);
    await owner.getByRole('option', { name: world.bjorn.name, exact: true }).click();
    await button(owner, 'Add 1 person').click();
    await owner.getByText('This person was blocked in the room').waitFor();
    assert.deepEqual(await violations(owner), []);
    await button(owner, `Lift the block of ${world.bjorn.name}`).press('Enter');
    await blocked.waitFor({ state: 'detached' });
    await button(owner, 'Add 1 person').click();
    await openRoom(author, title);
  });

  test('a machine writes by an address, is seen for what it is, and is gone with it', async () => {
    const { owner, author } = world;
    await button(owner, 'Room settings').click();
    const hooks = owner.getByRole('region', { name: 'Webhooks' });
    await hooks.getByRole('textbox', { name: 'Name' }).fill('Pumplarm');
    await hooks.getByRole('textbox', { name: 'Name' }).press('Enter');
    const url = await hooks.locator('code').textContent();
    assert.match(url, /\/hooks\/[\w-]{43}$/);
    assert.deepEqual(await violations(owner), []);
    const post = (text) => fetch(url, { method: 'POST', body: JSON.stringify({ text }) });
    assert.equal((await post('Pump 4: **hög nivå**')).status, 202);
    const row = log(author).getByRole('article').filter({ hasText: 'hög nivå' });
    await row.waitFor();
    assert.match(await row.textContent(), /Pumplarm.*Webhook/);
    await row.locator('strong').getByText('hög nivå').waitFor();
    await button(owner, 'Remove Pumplarm').click();
    await button(owner, 'Remove it').click();
    await hooks.getByText('Pumplarm').first().waitFor({ state: 'detached' });
    assert.equal((await post('för sent')).status, 404);
  });

  test('one’s own data comes as a file, in the browser that asked', async () => {
    const { author } = world;
    await say(author, 'mitt eget ord');
    await log(author).getByText('mitt eget ord').waitFor();
    await button(author, /You and your settings/).click();
    await author.getByRole('menuitem', { name: 'My settings' }).click();
    await author.waitForTimeout(2500); // home looks at relay's log every two seconds
    await button(author, /^Make (my file|a new one)$/).click();
    const link = author.getByRole('link', { name: /Save the file/ });
    await link.waitFor();
    assert.deepEqual(await violations(author), []);
    const [download] = await Promise.all([author.waitForEvent('download'), link.click()]);
    const read = 'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nprint(z.read("messages.jsonl").decode())';
    const lines = execFileSync('python3', ['-c', read, await download.path()], { encoding: 'utf8' });
    assert.match(lines, /mitt eget ord/);
    assert.doesNotMatch(lines, /hög nivå/);
    for (const page of [world.owner, author, world.reporter]) {
      assert.deepEqual(await page.reports(), []);
      assert.deepEqual(page.errors, []);
    }
  });
});
