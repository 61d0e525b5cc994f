/** Three people in three browsers, through the whole city: everything that is done with messages, and what the others see of it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { city, launch, log, newRoom, openRoom, person, rooms, say, signIn } from './browser.mjs';

const [asa, bjorn, anna] = city().logins;
const title = `Driftmöte ${new Date().toISOString().slice(11, 19).replaceAll(':', '.')}`;

let browser;
let hers;
let his;
let annas;

before(async () => {
  browser = await launch();
  [hers, his, annas] = await Promise.all([1, 2, 3].map(() => person(browser, { context: { viewport: { width: 1280, height: 800 } } })));
  await Promise.all([signIn(hers, asa), signIn(his, bjorn), signIn(annas, anna)]);
  await newRoom(hers, title, [bjorn.name, anna.name]);
  for (const page of [his, annas]) {
    await rooms(page).getByRole('link', { name: title }).waitFor();
    await openRoom(page, title);
  }
}, { timeout: 90_000 });

after(async () => {
  await browser?.close();
});

const box = (page) => page.getByRole('textbox', { name: 'Message' });
const article = (page, words) => log(page).getByRole('article').filter({ hasText: words }).first();
/** What is done with a message: its button, or its entry in the menu. */
async function act(page, words, name) {
  await article(page, words).focus();
  await page.getByRole('toolbar', { name: 'With this message' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name }).click();
}

test('somebody is named with help and sees it; Markdown is drawn', { timeout: 60_000 }, async () => {
  await box(hers).pressSequentially(`Hej @${bjorn.name.slice(0, 3)}`);
  await hers.getByRole('option', { name: new RegExp(bjorn.name) }).waitFor();
  await hers.keyboard.press('Enter');
  await hers.keyboard.type('**viktigt** i `natt`');
  await hers.keyboard.press('Enter');
  await article(his, 'viktigt').locator('strong').getByText('viktigt').waitFor();
  await article(his, 'viktigt').locator('bdi').getByText(`@${bjorn.name}`).waitFor();
  await article(his, 'viktigt').getByText('mentions you').waitFor({ state: 'attached' });
  await article(annas, 'viktigt').waitFor();
  assert.equal(await article(annas, 'viktigt').getByText('mentions you').count(), 0);
});

test('reactions count for all, and are taken back', { timeout: 60_000 }, async () => {
  for (const page of [his, annas]) {
    await act(page, 'viktigt', 'React');
    await page.getByRole('listbox', { name: 'Often used' }).getByRole('option').first().click();
  }
  await article(hers, 'viktigt').getByRole('button', { name: /^👍 2: / }).waitFor();
  await article(annas, 'viktigt').getByRole('button', { name: /^👍 2: / }).click();
  await article(hers, 'viktigt').getByRole('button', { name: `👍 1: ${bjorn.name}` }).waitFor();
});

test('an answer quotes, and its quote leads back', { timeout: 60_000 }, async () => {
  await act(his, 'viktigt', 'Answer with quote');
  await box(his).fill('Jag tar natten.');
  await his.keyboard.press('Enter');
  await article(hers, 'Jag tar natten.').getByRole('button', { name: new RegExp(`${asa.name} Hej`) }).click();
  await article(hers, 'viktigt').and(hers.locator(':focus')).waitFor();
});

test('a thread grows beside the room', { timeout: 60_000 }, async () => {
  await act(annas, 'Jag tar natten.', 'Answer in a thread');
  const panel = annas.getByRole('complementary', { name: 'Thread' });
  await panel.getByRole('textbox', { name: 'Answer in the thread' }).fill('Ring om något händer.');
  await annas.keyboard.press('Enter');
  await panel.getByText('Ring om något händer.').waitFor();
  assert.equal(await log(annas).getByText('Ring om något händer.').count(), 0, 'not in the room itself');
  await article(his, 'Jag tar natten.').getByRole('button', { name: /^1 answer/ }).click();
  await his.getByRole('complementary', { name: 'Thread' }).getByText('Ring om något händer.').waitFor();
  await his.getByRole('textbox', { name: 'Answer in the thread' }).fill('Det gör jag.');
  await his.keyboard.press('Enter');
  await panel.getByText('Det gör jag.').waitFor();
  await article(hers, 'Jag tar natten.').getByRole('button', { name: /^2 answers/ }).waitFor();
  await annas.keyboard.press('Escape');
});

test('an edit and a deletion leave their traces; a moderator’s says so', { timeout: 60_000 }, async () => {
  await say(annas, 'Fel telefonnummer: 123');
  await article(hers, 'Fel telefonnummer').waitFor();
  await box(annas).press('ArrowUp');
  await box(annas).fill('Rätt telefonnummer: 456');
  await annas.keyboard.press('Enter');
  await article(hers, 'Rätt telefonnummer: 456').getByText('edited').waitFor();
  assert.equal(await log(hers).getByText('Fel telefonnummer').count(), 0);
  await act(annas, 'Rätt telefonnummer', 'Delete');
  await annas.getByRole('button', { name: 'Delete now' }).click();
  for (const page of [hers, his]) await log(page).getByText('deleted by its author').waitFor();
  await say(his, 'Det här hör inte hit');
  await article(hers, 'hör inte hit').waitFor();
  await act(hers, 'hör inte hit', 'Remove as moderator');
  await hers.getByRole('button', { name: 'Delete now' }).click();
  for (const page of [his, annas]) await log(page).getByText('removed by a moderator').waitFor();
});

test('who has read it', { timeout: 60_000 }, async () => {
  await say(hers, 'Har alla sett detta?');
  // Only who looks at it has read it: one window has the focus at a time.
  for (const page of [his, annas]) {
    await article(page, 'Har alla sett detta?').waitFor();
    await page.bringToFront();
    await log(page).focus();
    await page.keyboard.press('End');
  }
  await article(hers, 'Har alla sett detta?').getByText('Read by 2 people').waitFor();
});

test('a reload keeps all of it, and what was half written', { timeout: 60_000 }, async () => {
  await act(his, 'viktigt', 'Answer with quote');
  await box(his).fill('halvfärdigt');
  await his.waitForTimeout(1000);
  await his.reload();
  await openRoom(his, title);
  await article(his, 'viktigt').getByRole('button', { name: '👍 1: You' }).waitFor();
  await article(his, 'Jag tar natten.').getByRole('button', { name: /^2 answers/ }).waitFor();
  await log(his).getByText('deleted by its author').waitFor();
  await log(his).getByText('removed by a moderator').waitFor();
  assert.equal(await box(his).inputValue(), 'halvfärdigt');
  await his.getByText(`Answer to ${asa.name}:`).waitFor();
});

test('nothing was reported by the policy and nothing went wrong in the pages', async () => {
  for (const page of [hers, his, annas]) assert.deepEqual([await page.reports(), page.errors], [[], []]);
});
