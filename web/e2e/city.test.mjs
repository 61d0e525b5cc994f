/** Two people in two browsers, through the whole city: what the README promises. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { city, launch, log, newRoom, openRoom, person, rooms, say, signIn } from './browser.mjs';

const [asa, bjorn] = city().logins;
const title = `Skyfall ${new Date().toISOString().slice(11, 19).replaceAll(':', '.')}`;

let browser;
let hers;
let his;

before(async () => {
  browser = await launch();
  [hers, his] = await Promise.all([person(browser, { context: { viewport: { width: 1280, height: 800 } } }), person(browser)]);
  await Promise.all([signIn(hers, asa), signIn(his, bjorn)]);
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
});

/** The text appears in the open room's log. */
function shows(page, text) {
  return log(page).getByText(text, { exact: true }).first().waitFor();
}

test('a room made in one browser appears in the other, and messages go both ways at once', { timeout: 60_000 }, async () => {
  await newRoom(hers, title, [bjorn.name]);
  await rooms(his).getByRole('link', { name: title }).waitFor();
  await openRoom(his, title);
  await say(hers, 'Pumparna vid Hamngatan går för fullt. Har vi folk i natt?');
  await shows(his, 'Pumparna vid Hamngatan går för fullt. Har vi folk i natt?');
  await say(his, 'Ja, Håkan och Tuva. De är på plats 21.30.');
  await shows(hers, 'Ja, Håkan och Tuva. De är på plats 21.30.');
  await say(hers, 'Tack! Då tar vi läget i ett möte klockan åtta.');
  await shows(his, 'Tack! Då tar vi läget i ett möte klockan åtta.');
  assert.equal(await log(his).getByText(asa.name).first().isVisible(), true);
});

test('a reload keeps everything, and the next message goes out', { timeout: 60_000 }, async () => {
  await his.reload();
  await openRoom(his, title);
  await shows(his, 'Ja, Håkan och Tuva. De är på plats 21.30.');
  await say(his, 'efter omladdning');
  await shows(hers, 'efter omladdning');
});

test('a second device reads the history and writes', { timeout: 60_000 }, async () => {
  const second = await person(browser);
  await signIn(second, bjorn);
  await openRoom(second, title);
  await shows(second, 'Pumparna vid Hamngatan går för fullt. Har vi folk i natt?');
  await say(second, 'från en annan dator');
  await shows(hers, 'från en annan dator');
  await shows(his, 'från en annan dator');
  assert.deepEqual([await second.reports(), second.errors], [[], []]);
  await second.context().close();
});

test('a second tab is used like the first: both read and write at once', { timeout: 60_000 }, async () => {
  const tab = await person(browser, { of: his });
  await openRoom(tab, title);
  await say(tab, 'från den andra fliken');
  for (const page of [hers, his]) await shows(page, 'från den andra fliken');
  await say(his, 'och tillbaka');
  for (const page of [hers, tab]) await shows(page, 'och tillbaka');
  for (const page of [his, tab]) assert.equal(await page.getByRole('button', { name: 'Use here' }).count(), 0, 'neither is put off');
  assert.deepEqual([await tab.reports(), tab.errors], [[], []]);
  await tab.close();
  await say(his, 'när den andra är stängd');
  await shows(hers, 'när den andra är stängd');
});

test('nothing was reported by the policy and nothing went wrong in the pages', async () => {
  for (const page of [hers, his]) assert.deepEqual([await page.reports(), page.errors], [[], []]);
});
