/**
 * Rooms and settings, by the people of the running city: a channel is made, found and joined; its owner changes what goes in it and others
 * see it at once; the archive; a room that nobody owns; pins, mutes, a status and a language on all of one's devices.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deflateSync, crc32 } from 'node:zlib';

import { city, launch, log, openRoom, person, rooms, say, signIn } from './browser.mjs';

const [asa, bjorn] = city().logins;
const title = `Anslag ${Date.now() % 100_000}`;

let browser;
let hers;
let his;

before(async () => {
  browser = await launch();
  [hers, his] = await Promise.all([asa, bjorn].map(async (login) => {
    const page = await person(browser);
    await signIn(page, login);
    return page;
  }));
});

after(async () => {
  for (const page of [hers, his]) {
    assert.deepEqual(await page.reports(), []);
    assert.deepEqual(page.errors, []);
  }
  await browser?.close();
});

const button = (page, name) => page.getByRole('button', { name });
const panel = (page) => page.getByRole('complementary', { name: 'Room settings' });
const entry = (page) => rooms(page).getByRole('link', { name: title });

/** A PNG of one colour with a place in it, as a camera would write. */
function photo(width, height) {
  const part = (name, body) => {
    const all = Buffer.concat([Buffer.from(name), body]);
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(all) >>> 0);
    return Buffer.concat([size, all, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + 3 * width), 0x7f);
  for (let y = 0; y < height; y += 1) rows[y * (1 + 3 * width)] = 0;
  const place = Buffer.from('GPS\0Västra vägen 3');
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), part('IHDR', head), part('tEXt', place), part('IDAT', deflateSync(rows)), part('IEND', Buffer.alloc(0))]);
}

test('a channel for announcements is made, found and joined; who may not write is told so', { timeout: 60_000 }, async () => {
  await button(hers, 'New room').click();
  const dialog = hers.getByRole('dialog', { name: 'New room' });
  await dialog.getByText('For a subject').click();
  await dialog.getByRole('textbox', { name: 'Room name' }).fill(title);
  await dialog.getByRole('textbox', { name: 'Topic' }).fill('Vad som gäller');
  await dialog.getByText('For announcements').click();
  await dialog.getByRole('button', { name: 'Create room' }).click();
  await hers.getByRole('heading', { name: title, level: 1 }).waitFor();
  await say(hers, 'Stängt på fredag');
  await log(hers).getByText('Stängt på fredag').waitFor();

  await his.getByRole('link', { name: 'Browse channels' }).click();
  await button(his, 'Join Nytt från stadsledningen').waitFor();
  await his.getByRole('searchbox', { name: 'Find a channel' }).fill(title.toLowerCase());
  await his.getByText('1 channel found').waitFor();
  await button(his, `Join ${title}`).click();
  await his.getByRole('heading', { name: title, level: 1 }).waitFor();
  await log(his).getByText('Stängt på fredag').waitFor();
  await his.getByText('2 members · Vad som gäller').waitFor();
  await his.getByText('Only owners and moderators write here').waitFor();
  assert.equal(await his.getByRole('textbox', { name: 'Message' }).count(), 0);
});

test('what its owner changes, the others see at once; what home refuses has its sentence', { timeout: 60_000 }, async () => {
  await button(hers, 'Room settings').click();
  await panel(hers).getByRole('textbox', { name: 'Name of the room' }).fill('Anslag\u202etxt');
  await panel(hers).getByRole('button', { name: 'Save' }).click();
  await panel(hers).getByText('That name does not work').waitFor();
  await panel(hers).getByRole('textbox', { name: 'Name of the room' }).fill(title);
  await panel(hers).getByRole('textbox', { name: 'Topic' }).fill('Nytt ämne');
  await panel(hers).getByRole('button', { name: 'Save' }).click();
  await his.getByText('2 members · Nytt ämne').waitFor();

  await panel(hers).locator('input[type=file]').setInputFiles({ name: 'foto.png', mimeType: 'image/png', buffer: photo(640, 400) });
  const picture = entry(his).locator('img');
  await picture.waitFor();
  await his.waitForFunction((img) => img.complete && img.naturalWidth === 256 && img.naturalHeight === 256, await picture.elementHandle());
  const kept = await his.evaluate(async (url) => {
    const answer = await fetch(url);
    return { type: answer.headers.get('content-type'), text: new TextDecoder('latin1').decode(await answer.arrayBuffer()) };
  }, await picture.getAttribute('src'));
  assert.equal(kept.type, 'image/webp');
  assert.ok(!kept.text.includes('GPS'));
  await panel(hers).locator('input[type=file]').setInputFiles({ name: 'ingen.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await panel(hers).getByText('That picture cannot be used').waitFor();

  await panel(hers).getByText('All members').click();
  await say(his, 'Tack!');
  await log(hers).getByText('Tack!').waitFor();
  await panel(hers).getByText('Only what comes after').click();
  await say(his, 'Under ny nyckel');
  await log(hers).getByText('Under ny nyckel').waitFor();
});

test('the archive: everything can be read, nothing written', { timeout: 60_000 }, async () => {
  await button(hers, 'Archive the room').click();
  await his.getByText('This room is archived').waitFor();
  await log(his).getByText('Under ny nyckel').waitFor();
  await rooms(his).locator('details').getByRole('link', { name: title }).waitFor();
  await button(hers, 'Take out of the archive').click();
  await his.getByRole('textbox', { name: 'Message' }).waitFor();
});

test('by keyboard: pinned and muted, here and on the other device; a status that colleagues see; a language', { timeout: 90_000 }, async () => {
  const other = await person(browser, { context: { locale: 'sv-SE' } });
  await signIn(other, bjorn);
  await entry(his).focus();
  await his.keyboard.press('Shift+F10');
  await his.getByRole('menuitem', { name: 'Pin to the top' }).waitFor();
  await his.keyboard.press('Enter');
  await rooms(his).getByRole('region', { name: 'Pinned' }).getByRole('link', { name: title }).waitFor();
  await rooms(other).getByRole('region', { name: 'Pinned' }).getByRole('link', { name: title }).waitFor();
  await his.getByRole('menu').waitFor({ state: 'detached' });
  await entry(his).focus();
  await his.keyboard.press('Tab');
  await his.keyboard.press('Enter');
  await his.getByRole('menuitemradio', { name: 'Nothing (muted)' }).waitFor();
  await his.keyboard.press('End');
  await his.keyboard.press('Enter');
  await rooms(other).getByRole('listitem').filter({ hasText: title }).getByText('Muted').waitFor({ state: 'attached' });

  await openRoom(hers, title);
  await button(hers, /^Members/).click();
  await his.goto(`${his.url().split('#')[0]}#/settings`);
  await button(his, 'At lunch').click();
  await button(his, 'Set the status').click();
  await his.getByText(/^Now: At lunch, until/).waitFor();
  await hers.getByRole('complementary', { name: 'Members' }).getByText('At lunch').waitFor();
  await button(his, 'Clear the status').click();
  await hers.getByRole('complementary', { name: 'Members' }).getByText('At lunch').waitFor({ state: 'detached' });

  await his.getByText('Deutsch', { exact: true }).click();
  await his.getByRole('heading', { name: 'Meine Einstellungen' }).waitFor();
  await other.goto(`${city().home}/`);
  await other.getByRole('navigation', { name: 'Räume' }).waitFor();
  await his.getByText('English', { exact: true }).click();
  await other.getByRole('navigation', { name: 'Rooms' }).waitFor();
  assert.deepEqual(other.errors, []);
  await other.context().close();
});

test('the last owner is warned; what nobody owns is taken over', { timeout: 60_000 }, async () => {
  await openRoom(his, title);
  await button(hers, 'Room settings').click();
  await button(hers, 'Leave the room').click();
  await panel(hers).getByText('You are the last owner').waitFor();
  await button(hers, 'Leave without an owner').click();
  await entry(hers).waitFor({ state: 'detached' });
  await his.getByText('Nobody owns this room').waitFor();
  await button(his, 'Take it over').click();
  await his.getByText('Nobody owns this room').waitFor({ state: 'detached' });
  await button(his, 'Room settings').click();
  await button(his, 'Archive the room').click();
  await his.getByText('This room is archived').first().waitFor();
});
