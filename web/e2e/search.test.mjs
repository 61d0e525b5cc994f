/** Search: a word in another form, filters, jumping to a hit, what was edited, deleted and left; keyboard, 320 px, axe. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { city, launch, log, newRoom, openRoom, person, rooms, say, signIn } from './browser.mjs';
import { violations as found } from './fixtures/axe.mjs';

const [asa, bjorn] = city().logins;
const stamp = Date.now() % 1_000_000;
const title = `Sök ${stamp}`;
/** A word that only this run's messages have. */
const own = `zebra${stamp}`;

let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

const panel = (page) => page.getByRole('complementary', { name: 'Search messages' });
const box = (page) => panel(page).getByRole('searchbox', { name: 'What to look for' });
const hits = (page) => panel(page).getByRole('listitem').filter({ has: page.locator('time') });

/** What axe finds; without React Aria's own announcer, which names a part of the page that may be gone by then. */
async function violations(page) {
  return (await found(page)).filter((one) => !one.startsWith('role-img-alt: div[role="img"]'));
}

/** Searches until there are so many hits: home reads relay's log every two seconds. */
async function find(page, text, count) {
  const until = Date.now() + 20_000;
  for (;;) {
    await box(page).fill(text);
    await box(page).press('Enter');
    const said = panel(page).getByRole('status');
    await said.filter({ hasText: count === 0 ? 'Nothing found' : `${String(count)} message` }).waitFor({ timeout: 1500 }).catch(() => undefined);
    const shown = await hits(page).count();
    if (shown === count) return;
    assert.ok(Date.now() < until, `${text}: ${String(shown)} instead of ${String(count)} hits`);
  }
}

/** Puts the focus on a message and waits for what can be done with it. */
async function at(page, text) {
  await message(page, text).focus();
  await page.getByRole('toolbar', { name: 'With this message' }).waitFor();
}

const message = (page, text) => log(page).getByRole('article').filter({ hasText: text });

test('a word is found in its forms, jumped to, found anew after an edit, gone after a deletion', { timeout: 150_000 }, async () => {
  const hers = await person(browser);
  await signIn(hers, asa);
  await newRoom(hers, title, [bjorn.name]);
  await say(hers, `Vi ses på budgetmötena, ${own}.`);
  await say(hers, `Lunch på torsdag, ${own}?`);
  for (let number = 0; number < 3; number += 1) await say(hers, `Annat ${String(number)}`);
  await message(hers, 'Annat 2').waitFor();

  const his = await person(browser);
  await signIn(his, bjorn);
  await openRoom(his, title);
  await his.getByRole('button', { name: 'Search in this room' }).click();
  await his.waitForFunction(() => document.activeElement?.getAttribute('type') === 'search');
  await panel(his).getByText(`In ${title}`).waitFor();
  await find(his, 'möte', 1);
  assert.equal(await hits(his).locator('mark').innerText(), 'budgetmötena');
  assert.deepEqual(await violations(his), []);
  await find(his, `"torsdag ${own}"`, 1);
  await find(his, `${own} from:"${asa.name}" has:file`, 0);
  await box(his).fill('"torsdag');
  await box(his).press('Enter');
  await panel(his).getByText('It goes wrong here: "torsdag').waitFor();

  // Everywhere, by the keyboard alone, and to the message.
  await his.keyboard.press('Escape');
  await panel(his).waitFor({ state: 'detached' });
  await his.keyboard.press('Control+k');
  await his.keyboard.type(own);
  await his.getByRole('option', { name: `Search messages: ${own}` }).waitFor();
  await his.keyboard.press('ArrowUp');
  await his.keyboard.press('Enter');
  await hits(his).nth(1).waitFor();
  await hits(his).filter({ hasText: 'Lunch' }).getByRole('link').press('Enter');
  await message(his, 'Lunch').waitFor();
  assert.match(his.url(), /#\/rooms\/r_[a-z2-7]{26}\/m_[a-z2-7]{26}$/);

  await at(hers, 'Lunch');
  await hers.keyboard.press('e');
  await hers.getByRole('textbox', { name: 'Message' }).fill(`Middag på fredag, ${own}.`);
  await hers.getByRole('textbox', { name: 'Message' }).press('Enter');
  await find(his, `${own} middagen`, 1);
  await find(his, `${own} lunch`, 0);
  await at(hers, 'budgetmötena');
  await hers.keyboard.press('Delete');
  await hers.getByRole('button', { name: 'Delete now' }).click();
  await find(his, own, 1);

  // Who has left still finds what was written until then; it is shown in the panel alone.
  await hers.getByRole('button', { name: /^Members/ }).click();
  await hers.getByRole('button', { name: `Change ${bjorn.name}` }).click();
  await hers.getByRole('menuitem', { name: 'Remove from the room' }).click();
  await rooms(his).getByRole('link', { name: title }).waitFor({ state: 'detached' });
  await say(hers, `Efteråt, ${own}.`);
  await message(hers, 'Efteråt').waitFor();
  await hers.getByRole('button', { name: 'Search in this room' }).click();
  await find(hers, own, 2);
  // On a device that never saw the room: its chain comes from home, up to there.
  const anew = await person(browser, { context: { viewport: { width: 320, height: 640 } } });
  await signIn(anew, bjorn);
  await anew.getByRole('combobox', { name: /^Find/ }).fill(own);
  await anew.getByRole('option', { name: `Search messages: ${own}` }).click();
  await find(anew, own, 1);
  await hits(anew).getByText('A room that you have left').waitFor();
  await hits(anew).getByText(`Middag på fredag, ${own}.`).waitFor();
  assert.equal(await hits(anew).getByRole('link').count(), 0);
  assert.equal(await anew.evaluate(() => document.documentElement.scrollWidth), 320);
  assert.deepEqual(await violations(anew), []);
  for (const page of [hers, his, anew]) assert.deepEqual([page.errors, await page.reports()], [[], []]);
});
