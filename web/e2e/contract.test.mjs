/**
 * The product as a browser that drives it finds it, against the running city (`SAMRUM_READY`): the names of what people press and
 * read, in English, from signing in to a meeting between two people.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { city, launch, log, newRoom, openRoom, person, rooms, say, signIn } from './browser.mjs';

const [anna, bo] = city().logins;
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** `[element, page]` of both: nothing was reported by the policy, nothing failed in the page. */
async function clean(...pages) {
  for (const page of pages) {
    assert.deepEqual(await page.reports(), []);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  }
}

test('sign in, a room, a message, an answer, reload, and a meeting', async () => {
  const title = `Prov ${randomBytes(4).toString('hex')}`;
  const [a, b] = await Promise.all([person(browser), person(browser)]);
  await Promise.all([signIn(a, anna), signIn(b, bo)]);
  assert.ok((await rooms(a).getByRole('link').count()) > 0, 'a link per room');

  await newRoom(a, title, [bo.name]);
  await rooms(b).getByRole('link', { name: title, exact: true }).waitFor(); // without a reload
  await say(a, 'Hej åäö');
  await openRoom(b, title);
  await log(b).getByText('Hej åäö').waitFor();
  await say(b, 'Hej själv');
  await log(a).getByText('Hej själv').waitFor();
  await a.reload();
  await log(a).getByText('Hej själv').waitFor();
  await log(a).getByText('Hej åäö').waitFor();

  if (city().livekit !== null) {
    await a.getByRole('button', { name: 'Meet now' }).click();
    await a.getByRole('button', { name: 'Join meeting' }).click();
    await a.getByRole('button', { name: 'Leave' }).waitFor();
    await b.getByRole('button', { name: /^Join/ }).click();
    await b.getByRole('button', { name: 'Join meeting' }).click();
    await b.getByRole('button', { name: 'Leave' }).waitFor();
    await b.getByRole('button', { name: 'Start video' }).click();
    await a.getByRole('group', { name: bo.name }).locator('video').waitFor();
    const playing = () => [...document.querySelectorAll('video')].some((video) => video.srcObject !== null && video.videoWidth > 0);
    await a.waitForFunction(playing);
    await a.getByRole('button', { name: 'Unmute' }).click();
    await a.getByRole('button', { name: 'Mute', exact: true }).waitFor();
    await say(b, 'Chatten är kvar i mötet');
    await log(a).getByText('Chatten är kvar').waitFor();
    for (const page of [a, b]) {
      await page.getByRole('button', { name: 'Leave' }).click();
      await page.getByRole('button', { name: 'Leave' }).waitFor({ state: 'detached' });
    }
  }
  await clean(a, b);
});

test('a direct message begins by finding a person; both find the same room', async () => {
  const [a, b] = await Promise.all([person(browser), person(browser)]);
  await Promise.all([signIn(a, anna), signIn(b, bo)]);
  for (const [page, other] of [
    [a, bo],
    [b, anna],
  ]) {
    await page.getByRole('combobox', { name: 'Find people and rooms' }).waitFor(); // it loads after the first screen
    await page.keyboard.press('Control+k');
    await page.keyboard.type(other.name);
    await page.getByRole('option', { name: other.name, exact: true }).click();
    await page.getByRole('heading', { name: other.name, level: 1 }).waitFor();
  }
  assert.equal(new URL(a.url()).hash, new URL(b.url()).hash);
  const words = `Bara du ${randomBytes(4).toString('hex')}`;
  await say(a, words);
  await log(b).getByText(words).waitFor();
  await clean(a, b);
});

test('a second tab is used like the first; a second device reads the history', async () => {
  const words = `Kvar ${randomBytes(4).toString('hex')}`;
  const first = await person(browser);
  await signIn(first, anna);
  await newRoom(first, words, []);
  await say(first, words);
  await log(first).getByText('Sent', { exact: true }).waitFor();

  const second = await person(browser, { of: first });
  await openRoom(second, words);
  await log(second).getByText(words, { exact: true }).waitFor();
  await say(second, `${words} igen`);
  for (const page of [second, first]) await log(page).getByText(`${words} igen`).waitFor();
  for (const page of [second, first]) assert.equal(await page.getByRole('button', { name: 'Use here' }).count(), 0, 'neither is put off');

  const other = await person(browser);
  await signIn(other, anna, { sharedComputer: true });
  await openRoom(other, words);
  await log(other).getByText(words, { exact: true }).waitFor();
  await log(other).getByText(`${words} igen`).waitFor();
  await other.getByRole('button', { name: /You and your settings/ }).click();
  await other.getByRole('menuitem', { name: 'My devices' }).click();
  await other.getByText('This device').waitFor();
  await other.getByRole('button', { name: /You and your settings/ }).click();
  await other.getByRole('menuitem', { name: 'Where does my data go?' }).click();
  await other.getByRole('heading', { name: /Your browser → Relay/ }).first().waitFor();
  await other.getByRole('button', { name: /You and your settings/ }).click();
  await other.getByRole('menuitem', { name: 'Sign out' }).click();
  await other.getByRole('textbox', { name: 'User name' }).waitFor();
  for (const page of [first, second, other]) {
    assert.deepEqual(await page.reports(), []);
    assert.deepEqual(page.errors, []);
  }
  await first.context().close();
  await other.context().close();
});

test('a wrong password is refused in words', async () => {
  const page = await person(browser);
  await page.getByRole('textbox', { name: 'User name' }).fill(anna.user);
  await page.getByRole('textbox', { name: 'Password' }).fill('inte rätt');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('User name or password is wrong').waitFor();
  await clean(page);
});
