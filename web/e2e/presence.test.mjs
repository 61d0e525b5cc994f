/** Who is there: seen in the room's members, in every tab of a profile, as soon as it changes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { city, launch, newRoom, openRoom, person, rooms, signIn } from './browser.mjs';

const [asa, bjorn] = city().logins;
const title = `Närvaro ${Date.now() % 100_000}`;

let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

/** The word for a person in the open room's members. */
async function word(page, name, text, timeout = 15_000) {
  const row = page.getByRole('listitem').filter({ hasText: name }).filter({ has: page.getByText(text, { exact: true }) });
  await row.first().waitFor({ state: 'attached', timeout });
}

test('online, away, back, and gone a while after the last tab; in a second tab too', { timeout: 150_000 }, async () => {
  const hers = await person(browser);
  await signIn(hers, asa);
  await newRoom(hers, title, [bjorn.name]);
  await hers.getByRole('button', { name: /^Members/ }).click();
  await word(hers, bjorn.name, 'Offline');

  const his = await person(browser);
  await signIn(his, bjorn);
  await word(hers, bjorn.name, 'Online');
  const tab = await person(browser, { of: hers });
  await rooms(tab).waitFor();
  await openRoom(tab, title);
  await tab.getByRole('button', { name: /^Members/ }).click();
  await word(tab, bjorn.name, 'Online');

  await his.evaluate(() => {
    const now = Date.now.bind(Date);
    window.later = 11 * 60_000;
    Date.now = () => now() + window.later;
  });
  await Promise.all([hers, tab].map((page) => word(page, bjorn.name, 'Away', 60_000)));
  await his.keyboard.press('Tab');
  await Promise.all([hers, tab].map((page) => word(page, bjorn.name, 'Online')));

  await his.context().close();
  const left = Date.now();
  await Promise.all([hers, tab].map((page) => word(page, bjorn.name, 'Offline', 25_000)));
  assert.ok(Date.now() - left > 8000, 'a reload would not have been seen');
  for (const page of [hers, tab]) assert.deepEqual([page.errors, await page.reports()], [[], []]);
  await hers.context().close();
});
