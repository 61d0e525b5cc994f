/** Relay forges its member list: the clients refuse, say why, keep what is written, and send nothing. In real browsers. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { city, launch, log, newRoom, openRoom, person, rooms, say, signIn } from './browser.mjs';

const ROOT = new URL('../..', import.meta.url).pathname;
const [asa, bjorn, third] = city().logins;
const run = `${Date.now() % 100000}`;

let browser;
let hers;
let his;

before(async () => {
  browser = await launch();
  [hers, his] = await Promise.all([person(browser), person(browser)]);
  await Promise.all([signIn(hers, asa), signIn(his, bjorn)]);
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
});

/** Edits relay's database in one way and starts relay again; `count` only counts. */
async function forge(way, title) {
  const { stdout } = await promisify(execFile)('.venv/bin/python', ['-m', 'tests.city.forge', way, title], { cwd: ROOT });
  return stdout;
}

/** A room of the first two people with one message in it. */
async function roomWithTalk(title) {
  await newRoom(hers, title, [bjorn.name]);
  await say(hers, `hej i ${title}`);
  await rooms(his).getByRole('link', { name: title }).waitFor();
  await openRoom(his, title);
  await log(his).getByText(`hej i ${title}`).waitFor();
}

/** What both clients must do now. */
async function refuses(title, code, page, text) {
  await openRoom(page, title);
  await page.getByText(code).first().waitFor({ timeout: 20_000 });
  const before = await forge('count', title);
  await say(page, text);
  await page.waitForTimeout(1500);
  assert.equal(await page.getByRole('textbox', { name: 'Message' }).inputValue(), text, 'what was written is gone');
  assert.equal(await forge('count', title), before, 'relay got an envelope');
}

test('a member added by relay: both refuse and say why, and the others’ rooms go on', { timeout: 90_000 }, async () => {
  const title = `Infiltrerad ${run}`;
  const other = `Orörd ${run}`;
  await roomWithTalk(other);
  await roomWithTalk(title);
  await forge('member', title);
  await refuses(title, 'relay_members_differ', hers, 'detta får ingen obehörig läsa');
  await refuses(title, 'relay_members_differ', his, 'inte detta heller');
  await openRoom(hers, other);
  await say(hers, 'här är allt som det ska');
  await openRoom(his, other);
  await log(his).getByText('här är allt som det ska').waitFor();
});

test('a role raised by relay: refused', { timeout: 90_000 }, async () => {
  const title = `Upphöjd ${run}`;
  await roomWithTalk(title);
  await forge('role', title);
  await refuses(title, 'relay_members_differ', hers, 'bara en ägare signerade');
});

test('an old version served by relay: refused', { timeout: 90_000 }, async () => {
  const title = `Föråldrad ${run}`;
  await roomWithTalk(title);
  const people = hers.getByRole('button', { name: /members/i }).first();
  await people.click();
  await hers.getByRole('combobox', { name: 'Add people' }).fill(third.name);
  await hers.getByRole('option', { name: third.name }).click();
  await hers.getByRole('button', { name: 'Add 1 person' }).click();
  await hers.getByText('3 members').first().waitFor();
  await hers.waitForTimeout(1000);
  await forge('old', title);
  await refuses(title, 'relay_rolled_back', hers, 'till den som finns på riktigt');
});

test('without forging the same steps send', { timeout: 60_000 }, async () => {
  const title = `Äkta ${run}`;
  await roomWithTalk(title);
  const before = Number(await forge('count', title));
  await say(hers, 'fram');
  await log(his).getByText('fram').waitFor();
  assert.equal(Number(await forge('count', title)), before + 1);
});
