/** Calls and notices between two people, one of them with two devices and two tabs: what rings where, until when, and what is told. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import axe from 'axe-core';

import { city, launch, log, person, rooms, say, signIn } from './browser.mjs';

const [asa, bjorn, anna] = city().logins;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

/** Notes each tone that begins, and each desktop notice, before the page's own code runs. */
function listen() {
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function begin(...when) {
    window.tones += 1;
    return start.apply(this, when);
  };
  window.notices = [];
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = function note(title, options) {
    window.notices.push({ title, ...options });
    return show.call(this, title, options);
  };
}

/** A profile that listens, signed in. */
async function enter(login, options = {}) {
  const page = await person(browser, { ...options, context: { permissions: ['notifications', 'camera', 'microphone'], ...options.context } });
  await page.context().addInitScript(listen);
  await page.reload();
  await signIn(page, login);
  return page;
}

/** The direct message of two people, opened. */
async function direct(page, name) {
  await page.getByRole('combobox', { name: 'Find people and rooms' }).fill(name);
  await page.getByRole('option', { name: new RegExp(`^${name}`) }).first().click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

const card = (page) => page.getByRole('region', { name: /^(Calls|Samtal|Anrufe)$/ });
const meeting = (page) => page.getByRole('region', { name: 'Meeting' }).first();
const press = (page, name) => card(page).getByRole('button', { name }).click();
const gone = (page) => card(page).waitFor({ state: 'detached', timeout: 10_000 });
const tones = (page) => page.evaluate(() => window.tones);

/** React Aria's own live region names the sign-in's button for some seconds after that is gone. */
async function accessible(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate((tags) => globalThis.axe.run({ exclude: ['[data-live-announcer]'] }, { runOnly: tags, resultTypes: ['violations'] }), RULES);
  assert.deepEqual(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(', ')}`), []);
}

test('a call rings on every device and tab, sounds in one tab of each, and stops everywhere', { timeout: 120_000 }, async (t) => {
  const hers = await enter(asa);
  const his = await enter(bjorn);
  const phone = await enter(bjorn, { context: { viewport: { width: 320, height: 640 }, colorScheme: 'dark' } });
  const tab = await person(browser, { of: his, language: 'sv' });
  await tab.getByRole('navigation', { name: 'Rum' }).waitFor();
  await phone.goto(`${city().home}/?lang=de`);
  await phone.getByRole('navigation', { name: 'Räume' }).waitFor();
  await phone.mouse.click(10, 10); // a page may sound once it was used
  await Promise.all([direct(hers, bjorn.name), direct(his, asa.name)]);

  await t.test('declined on one device: all are quiet, and who calls hears of it', async () => {
    await hers.getByRole('button', { name: 'Call', exact: true }).click();
    const calls = [[his, 'is calling'], [tab, 'ringer'], [phone, 'ruft an']];
    await Promise.all(calls.map(([page, words]) => card(page).getByText(`${asa.name} ${words}`).waitFor()));
    await card(hers).getByText(`Calling ${bjorn.name} …`).waitFor();
    await meeting(hers).waitFor();
    assert.ok((await tones(his)) > 0, 'his first tab sounds');
    assert.equal(await tones(tab), 0, 'and no other one');
    assert.ok((await tones(phone)) > 0, 'his other device does');
    assert.equal(await his.evaluate(() => window.notices.at(-1)?.title), `${asa.name} is calling`);
    await Promise.all([accessible(phone), accessible(tab)]);
    assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
    await phone.keyboard.press('Alt+Enter');
    assert.equal(await phone.evaluate(() => document.activeElement?.textContent), 'Annehmen');
    await press(phone, 'Ablehnen');
    await Promise.all([his, tab, phone].map(gone));
    await card(hers).getByText(`${bjorn.name} cannot take the call now`).waitFor();
    await meeting(hers).waitFor({ state: 'detached' });
    await press(hers, 'Close');
  });

  await t.test('given up: missed, also on a device that was off; in the list, from where it is called back and answered', async () => {
    await phone.goto('about:blank');
    await hers.getByRole('button', { name: 'Call', exact: true }).click();
    await card(his).getByRole('button', { name: 'Answer' }).waitFor();
    await press(hers, 'Stop calling');
    await card(his).getByText(`Missed call from ${asa.name}`).waitFor();
    await phone.goto(`${city().home}/?lang=de#/calls`);
    await phone.getByRole('main').getByRole('listitem').filter({ hasText: asa.name }).first().getByText('Verpasst').waitFor();
    assert.equal(await card(phone).count(), 0);
    await accessible(phone);
    await press(his, 'Close');
    await his.getByRole('button', { name: /You and your settings/ }).click();
    await his.getByRole('menuitem', { name: 'Calls' }).click();
    const first = his.getByRole('main').getByRole('listitem').filter({ hasText: asa.name }).first();
    await first.getByText('Missed').waitFor();
    await accessible(his);
    await first.getByRole('button', { name: `Call ${asa.name}` }).click();
    await card(hers).getByText(`${bjorn.name} is calling`).waitFor();
    await press(hers, 'Answer');
    await Promise.all([hers, his].map((page) => page.getByRole('button', { name: 'Leave' }).waitFor({ timeout: 20_000 })));
    await gone(hers);
    await gone(his);
  });

  await t.test('who is in a meeting sees a call and hears nothing', async () => {
    const third = await enter(anna);
    await direct(third, asa.name);
    const before = await tones(hers);
    await third.getByRole('button', { name: 'Call', exact: true }).click();
    await card(hers).getByText('You are in a meeting. Answering leaves it.').waitFor();
    assert.equal(await tones(hers), before);
    await press(hers, 'Decline');
    await card(third).getByText(`${asa.name} cannot take the call now`).waitFor();
    await third.context().close();
    for (const page of [hers, his]) await page.getByRole('button', { name: 'Leave' }).click();
  });

  await t.test('a message is told while one looks elsewhere, not while its room is in front; a click leads there; reading takes it away', async () => {
    await Promise.all([tab, phone].map((page) => page.close()));
    const shown = () => his.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body }) => `${title}: ${body}`));
    const until = async (wanted) => {
      for (let tries = 0; tries < 100 && JSON.stringify(await shown()) !== JSON.stringify(wanted); tries += 1) await his.waitForTimeout(100);
      assert.deepEqual(await shown(), wanted);
    };
    await his.goto(`${city().home}/?lang=en#/devices`);
    await his.getByRole('heading', { name: 'My devices', level: 1 }).waitFor();
    await his.waitForTimeout(500);
    const loud = await tones(his);
    await say(hers, 'Kommer du?\n**Nu**');
    await until([`${asa.name}: Kommer du? **Nu**`]);
    assert.ok((await tones(his)) > loud, 'with a sound');
    const [worker] = his.context().serviceWorkers();
    await worker.evaluate(async () => {
      const [notification] = await self.registration.getNotifications();
      self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
    });
    await his.getByRole('heading', { name: asa.name, level: 1 }).waitFor();
    await until([]);
    const quiet = await tones(his);
    const word = `Bra ${Date.now()}`;
    await say(hers, word);
    await log(his).getByText(word).waitFor();
    await his.waitForTimeout(300);
    assert.deepEqual([await shown(), await tones(his)], [[], quiet]);
  });

  for (const page of [hers, his]) assert.deepEqual([page.errors, await page.reports()], [[], []]);
  await Promise.all([hers, his, phone].map((page) => page.context().close()));
});
