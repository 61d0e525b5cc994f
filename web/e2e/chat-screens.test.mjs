/**
 * Timeline and composer with a session in memory: everything a message can be, what can be done with one, by pointer and by keyboard
 * alone. axe finds nothing, the policy reports nothing, nothing is wider than a 320 px phone.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, log, openRoom, person, say } from './browser.mjs';
import { violations } from './fixtures/axe.mjs';
import { serve } from './fixtures/serve.mjs';

const PUMPS = 'Pumparna';
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

let site;
let browser;
before(async () => {
  [site, browser] = await Promise.all([serve(), launch()]);
});
after(async () => {
  await browser?.close();
  site?.close();
});

async function at(context = {}, language = 'en') {
  return person(browser, {
    home: site.url,
    language,
    context: { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'], ...context },
  });
}

async function done(page) {
  assert.deepEqual(await page.reports(), [], 'reports of the policy');
  assert.deepEqual(page.errors, [], 'errors in the page');
  await page.context().close();
}

async function sound(page, name) {
  await page.waitForTimeout(150);
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
  assert.deepEqual(await violations(page), [], name);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, `${name}: wider than the page`);
}

const box = (page) => page.getByRole('textbox', { name: 'Message' });
const article = (page, words) => log(page).getByRole('article').filter({ hasText: words }).first();
const button = (page, name) => page.getByRole('button', { name });
/** The whole text of the log, scrolled through. */
async function seen(page) {
  const texts = new Set();
  await log(page).focus();
  await page.keyboard.press('Home');
  for (let n = 0; n < 12; n += 1) {
    for (const text of await log(page).getByRole('article').allInnerTexts()) texts.add(text);
    await log(page).hover();
    await page.mouse.wheel(0, 500);
    await page.waitForTimeout(60);
  }
  return [...texts].join('\n');
}

const narrow = { width: 320, height: 640 };
for (const [name, context, language] of [
  ['light-1280', { colorScheme: 'light' }, 'en'],
  ['dark-1280', { colorScheme: 'dark' }, 'sv'],
  ['light-320', { colorScheme: 'light', viewport: narrow }, 'de'],
  ['dark-320', { colorScheme: 'dark', viewport: narrow }, 'en'],
]) {
  test(`${name}: everything that a message can be, and a thread, are accessible`, async () => {
    const page = await at(context, language);
    await page.getByRole('link', { name: PUMPS }).click();
    const main = page.getByRole('log').first();
    await main.getByText('🎉🎉').waitFor();
    await main.focus();
    await page.keyboard.press('Home');
    await main.getByRole('article').first().locator('[data-message], bdi').first().waitFor();
    await sound(page, `chat-${name}`);
    await page.keyboard.press('ArrowDown');
    await page.getByRole('toolbar').waitFor();
    await page.keyboard.press('t');
    await page.getByRole('complementary').getByRole('textbox').waitFor();
    await sound(page, `thread-${name}`);
    await done(page);
  });
}

test('the emoji picker and the formatting are accessible, in the dark and on a phone too', async () => {
  for (const [name, context] of [
    ['light-1280', {}],
    ['dark-320', { colorScheme: 'dark', viewport: narrow }],
  ]) {
    const page = await at(context);
    await openRoom(page, PUMPS);
    await button(page, 'Formatting').click();
    await box(page).fill('**fet** @bjö');
    await page.getByRole('region', { name: 'How it will look' }).getByText('fet').waitFor();
    await page.getByRole('listbox', { name: 'People in the room' }).waitFor();
    await sound(page, `composer-${name}`);
    await page.keyboard.press('Escape');
    await button(page, 'Emoji').click();
    await page.getByRole('listbox', { name: 'Smileys and feelings' }).getByRole('option').first().waitFor();
    await sound(page, `picker-${name}`);
    await page.getByRole('searchbox', { name: 'Search emoji' }).fill('party');
    await page.getByRole('listbox', { name: 'Found' }).getByRole('option', { name: 'party popper' }).click();
    await page.waitForFunction(() => document.querySelector('textarea')?.value === '**fet** @bjö🎉');
    await done(page);
  }
});

test('a message shows what it is', async () => {
  const page = await at();
  await openRoom(page, PUMPS);
  const all = await seen(page);
  for (const words of ['två av fyra', 'jour larmad', 'planen', 'def pumpar', 'Norra', 'edited', 'deleted by its author', 'removed by a moderator', 'Missed call', '2 answers', '10000']) {
    assert.ok(all.includes(words), `${words} in ${all}`);
  }
  assert.ok(!all.includes('**'), 'no signs of markup are left');
  await page.keyboard.press('End');
  await log(page).getByText('Read by 2 people').waitFor();
  await done(page);
});

test('by keyboard: to a message, react, quote, edit, delete, and back to the box', async () => {
  const page = await at();
  await openRoom(page, PUMPS);
  await log(page).getByText('Klart.').waitFor();
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await press('ArrowUp');
  assert.equal(await box(page).inputValue(), 'Klart.', 'ArrowUp in the empty box edits the last own message');
  await press('Escape');
  assert.equal(await box(page).inputValue(), '');
  await press('ArrowUp');
  await page.keyboard.type(' Nu.');
  await press('Enter');
  await article(page, 'Klart. Nu.').getByText('edited').waitFor();

  await log(page).focus();
  await press('ArrowUp');
  await article(page, 'Klart. Nu.').and(page.locator(':focus')).waitFor();
  await page.getByRole('toolbar', { name: 'With this message' }).waitFor();
  await press('+');
  await page.getByRole('searchbox', { name: 'Search emoji' }).waitFor();
  await page.getByRole('option', { name: 'grinning face', exact: true }).waitFor();
  await page.keyboard.type('rocket');
  await page.getByRole('option', { name: 'rocket' }).waitFor();
  await press('Tab', 'Enter');
  await button(page, '🚀 1: You').waitFor();
  await button(page, '🚀 1: You').press('Enter');
  await button(page, '🚀 1: You').waitFor({ state: 'detached' });

  await article(page, 'Klart. Nu.').focus();
  await page.getByRole('toolbar', { name: 'With this message' }).waitFor();
  await press('r');
  await box(page).and(page.locator(':focus')).waitFor();
  await page.keyboard.type('Mitt svar');
  await press('Enter');
  await article(page, 'Mitt svar').getByRole('button', { name: 'Åsa Lindström Klart. Nu.' }).waitFor();

  await article(page, 'Mitt svar').focus();
  await page.getByRole('toolbar', { name: 'With this message' }).waitFor();
  await press('Enter');
  await page.getByRole('menuitem', { name: 'Delete' }).waitFor();
  await press('End', 'Enter');
  await button(page, 'Delete now').and(page.locator(':focus')).waitFor();
  await press('Enter');
  await log(page).getByText('Mitt svar').waitFor({ state: 'detached' });
  await press('Escape');
  await box(page).and(page.locator(':focus')).waitFor();
  await done(page);
});

test('a quote leads to its message; a moderator removes; the text is copied', async () => {
  const page = await at();
  await openRoom(page, PUMPS);
  await button(page, /Anna-Karin Wikström Pumpstationen/).click();
  await article(page, 'två av fyra').and(page.locator(':focus')).waitFor();
  await article(page, 'två av fyra').hover();
  await button(page, /^More for “Pumpstationen/).click();
  await page.getByRole('menuitem', { name: 'Copy the text' }).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^Pumpstationen: \*\*två/);
  await button(page, /^More for “Pumpstationen/).click();
  await page.getByRole('menuitem', { name: 'Remove as moderator' }).click();
  await button(page, 'Keep it').click();
  await article(page, 'två av fyra').waitFor();
  await button(page, /^More for “Pumpstationen/).click();
  await page.getByRole('menuitem', { name: 'Remove as moderator' }).click();
  await button(page, 'Delete now').click();
  await log(page).getByText('kan du ta det?').waitFor({ state: 'detached' });
  await done(page);
});

test('writing: names are completed, keys mark up, lists go on, code takes Enter, too long becomes a file', async () => {
  const page = await at();
  await openRoom(page, PUMPS);
  await box(page).fill('');
  await page.keyboard.type('Hej @an');
  await page.getByRole('option', { name: /Anna-Karin Wikström/, selected: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.type('och @every');
  await page.keyboard.press('Tab');
  assert.equal(await box(page).inputValue(), 'Hej @Anna-Karin Wikström och @everyone ');
  await page.keyboard.press('Enter');
  const sent = article(page, 'Hej @Anna-Karin');
  await sent.waitFor();
  assert.deepEqual(await sent.locator('bdi').allInnerTexts(), ['@Anna-Karin Wikström', '@everyone']);

  await page.keyboard.type('viktigt');
  await page.keyboard.press('Shift+Home');
  await page.keyboard.press('Control+b');
  assert.equal(await box(page).inputValue(), '**viktigt**');
  await page.keyboard.press('Control+z');
  assert.equal(await box(page).inputValue(), 'viktigt', 'undone');
  await box(page).fill('- ett');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('två');
  assert.equal(await box(page).inputValue(), '- ett\n- två');
  await box(page).fill('```');
  await page.keyboard.press('Enter');
  await page.keyboard.type('kod');
  assert.equal(await box(page).inputValue(), '```\nkod');
  await page.keyboard.press('Control+Enter');
  await log(page).getByRole('region', { name: 'Code', exact: true }).getByText('kod').waitFor();

  await box(page).fill('å'.repeat(29_000));
  await page.getByText('1392 bytes left').waitFor();
  await box(page).fill('å'.repeat(30_000));
  await page.getByText('608 bytes too long').waitFor();
  assert.equal(await button(page, 'Send', true).first().isDisabled(), true);
  await button(page, 'Send as a file').waitFor();
  await done(page);
});

test('a hundred thousand messages: few rows in the page, jumps and news keep their place', async () => {
  const page = await at();
  await page.getByRole('link', { name: 'Hundratusen' }).waitFor();
  await page.evaluate(() => window.stage.fill(100_000));
  await openRoom(page, 'Hundratusen');
  await log(page).getByText('Rad 99999').waitFor();
  assert.ok((await log(page).getByRole('article').count()) < 60);
  await log(page).focus();
  await page.keyboard.press('Home');
  await log(page).getByText('Rad 0', { exact: true }).waitFor();
  await page.evaluate(() => window.stage.arrive('Hundratusen', 'Nyss'));
  await button(page, '1 new message').click();
  await log(page).getByText('Nyss').waitFor();
  await say(page, 'Eget');
  await log(page).getByText('Eget').waitFor();
  await done(page);
});
