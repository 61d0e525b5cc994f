/** Makes the pictures of docs/screenshots: three people in the running city, in three languages, light, dark and narrow. `make pictures`. */
import { mkdirSync } from 'node:fs';

import { city, launch, log, newRoom, openRoom, person, rooms, say, signIn } from './browser.mjs';

const FOLDER = new URL('../../docs/screenshots/', import.meta.url);
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 800 };
const [asa, bjorn, anna] = city().logins;
const title = 'Skyfall 25 november';

mkdirSync(FOLDER, { recursive: true });
const browser = await launch();
const [hers, his, annas] = await Promise.all([1, 2, 3].map(() => person(browser, { context: { viewport: WIDE } })));
await Promise.all([signIn(hers, asa), signIn(his, bjorn), signIn(annas, anna)]);
const pages = [hers, his, annas];

const picture = async (page, name) => {
  await page.mouse.move(0, 0);
  await page.waitForTimeout(800);
  await page.screenshot({ path: new URL(`${name}.png`, FOLDER).pathname });
};
const article = (page, words) => log(page).getByRole('article').filter({ hasText: words }).first();
async function act(page, words, name) {
  await article(page, words).focus();
  await page.getByRole('toolbar', { name: 'With this message' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name }).click();
}
/** The page in another language, light or dark. */
async function turned(page, language, dark = false) {
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
  await page.goto(`${city().home}/?lang=${language}${new URL(page.url()).hash}`);
  await page.reload();
  await page.waitForTimeout(2500);
}

for (const page of pages) await page.getByRole('button', { name: 'I have read this' }).click();
await newRoom(hers, title, [bjorn.name, anna.name]);
for (const page of [his, annas]) await openRoom(page, title);

const box = (page) => page.getByRole('textbox', { name: 'Message' });
await say(hers, 'God morgon! SMHI varnar för **skyfall i natt**, 40–60 mm på sex timmar.\n\n- Pumpstation 3 och 7 bemannas\n- Viadukten vid Storgatan stängs kl. 22');
await article(his, 'Pumpstation').waitFor();
await act(his, 'Pumpstation', 'Answer with quote');
await box(his).pressSequentially(`@${anna.name.slice(0, 4)}`);
await his.getByRole('option', { name: new RegExp(anna.name) }).waitFor();
await his.keyboard.press('Enter');
await his.keyboard.type('har du någon som kan ta trean?');
await his.keyboard.press('Enter');
await article(annas, 'ta trean').waitFor();
await act(annas, 'ta trean', 'React');
await annas.getByRole('listbox', { name: 'Often used' }).getByRole('option').first().click();
await say(annas, 'Ja, Håkan och Tuva. De är på plats 21.30.');
await act(hers, 'Håkan och Tuva', 'Answer in a thread');
const thread = hers.getByRole('complementary', { name: 'Thread' });
await thread.getByRole('textbox', { name: 'Answer in the thread' }).fill('Tack! Har de nyckel till grinden?');
await hers.keyboard.press('Enter');
await act(annas, 'Håkan och Tuva', 'Answer in a thread');
await annas.getByRole('complementary', { name: 'Thread' }).getByRole('textbox').fill('Ja, och reservpumpen står på släpet.');
await annas.keyboard.press('Enter');
await thread.getByText('reservpumpen').waitFor();
await picture(hers, 'thread');
await annas.keyboard.press('Escape');
await hers.keyboard.press('Escape');

await his.locator('input[type=file]').first().setInputFiles({ name: 'Karta över viadukten.png', mimeType: 'image/png', buffer: await his.screenshot() });
await his.getByText('Karta över viadukten.png').first().waitFor();
await his.waitForTimeout(2500);
await box(his).fill('Så här leder vi om trafiken:');
await his.keyboard.press('Enter');
await article(hers, 'leder vi om').locator('img').waitFor();
await hers.waitForTimeout(3500); // until "is writing" has gone
await picture(hers, 'chat');

await article(his, 'Pumpstation').focus();
await his.keyboard.press('Enter');
await his.getByRole('menuitem', { name: 'React' }).waitFor();
await picture(his, 'menu');
await his.keyboard.press('Escape');

await turned(annas, 'sv');
await annas.getByRole('button', { name: 'Sök i rummet' }).click();
await annas.getByRole('searchbox').fill('pump');
await annas.keyboard.press('Enter');
await annas.getByRole('complementary').getByRole('listitem').filter({ has: annas.locator('time') }).first().waitFor();
await picture(annas, 'search');

await turned(his, 'en', true);
await his.getByRole('button', { name: 'Room settings' }).click();
await picture(his, 'room-settings-dark');
await his.getByRole('link', { name: 'Browse channels' }).click();
await picture(his, 'channels-dark');

await hers.goto(`${city().home}/#/settings`);
await picture(hers, 'settings');

await annas.setViewportSize(NARROW);
await turned(annas, 'de', true);
await picture(annas, 'narrow-dark');

await hers.goto(`${city().home}/#/`);
await hers.getByRole('combobox', { name: 'Find people and rooms' }).fill(bjorn.name);
await hers.getByRole('option', { name: new RegExp(`^${bjorn.name}`) }).first().click();
await hers.getByRole('button', { name: 'Call', exact: true }).click();
await his.getByRole('region', { name: 'Calls' }).waitFor();
await picture(his, 'ringing-dark');
await his.getByRole('region', { name: 'Calls' }).getByRole('button', { name: 'Answer' }).click();
await his.waitForTimeout(4000);
await picture(hers, 'call');
await rooms(hers).waitFor();

for (const page of pages) {
  const wrong = [...(await page.reports()), ...page.errors];
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}
await browser.close();
