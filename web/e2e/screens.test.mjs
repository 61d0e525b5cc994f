/**
 * Every screen with a session in memory: axe finds nothing, the policy reports nothing, nothing is wider than a 320 px phone, and
 * all of it works by keyboard alone. `SHOTS=folder` also writes a picture of each.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { launch, log, newRoom, openRoom, person, rooms, say } from './browser.mjs';
import { violations } from './fixtures/axe.mjs';
import { serve } from './fixtures/serve.mjs';

const BUDGET = 'Höstens budget för skolorna';
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

/** A page at a scene; closed, and asked what went wrong, by `done`. */
async function at(scene, context = {}, language = 'en') {
  const page = await person(browser, { home: site.url, language, context: { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...context } });
  if (scene) await page.goto(`${site.url}/?lang=${language}&scene=${scene}`);
  return page;
}

async function done(page) {
  assert.deepEqual(await page.reports(), [], 'reports of the policy');
  assert.deepEqual(page.errors, [], 'errors in the page');
  await page.context().close();
}

const button = (page, name) => page.getByRole('button', { name });
const back = (page) => page.getByRole('link', { name: 'Back to the rooms' });

/** Every screen: how to get there from its scene. */
const SCREENS = {
  door: { scene: 'door', go: (page) => page.getByRole('textbox', { name: 'User name' }).waitFor() },
  refused: {
    scene: 'door',
    async go(page) {
      await page.getByRole('textbox', { name: 'User name' }).fill('x');
      await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
      await button(page, 'Sign in').click();
      await page.getByText('User name or password is wrong').waitFor();
    },
  },
  away: { scene: 'slow', go: (page) => button(page, 'Try again').waitFor() },
  start: { go: (page) => rooms(page).waitFor() },
  empty: {
    async go(page) {
      await rooms(page).waitFor();
      await page.evaluate(() => window.stage.clear());
      await page.getByText('You are in no room yet').waitFor();
    },
  },
  room: { go: (page) => openRoom(page, BUDGET).then(() => log(page).getByText('klockan tre').waitFor()) },
  begun: { go: (page) => openRoom(page, 'Ledningsgruppen').then(() => button(page, 'Join (2)').waitFor()) },
  members: {
    async go(page) {
      await openRoom(page, BUDGET);
      await button(page, 'Members (7)').click();
      await page.getByRole('heading', { name: 'Members', level: 2 }).waitFor();
    },
  },
  search: {
    async go(page) {
      await openRoom(page, BUDGET);
      await button(page, 'Search in this room').click();
      await page.getByText('Finds words in all of their forms').waitFor();
      await button(page, 'Filters').click();
      await page.getByRole('combobox', { name: 'With', exact: true }).waitFor();
    },
  },
  found: {
    async go(page) {
      await openRoom(page, BUDGET);
      await button(page, 'Search in this room').click();
      await page.getByRole('searchbox', { name: 'What to look for' }).fill('budget');
      await page.keyboard.press('Enter');
      await page.getByText('are in the index').waitFor();
    },
  },
  unreadable: {
    async go(page) {
      await openRoom(page, BUDGET);
      await button(page, 'Search in this room').click();
      await page.getByRole('searchbox', { name: 'What to look for' }).fill('möte "budget');
      await page.keyboard.press('Enter');
      await page.getByText('It goes wrong here: "budget').waitFor();
    },
  },
  pending: {
    async go(page) {
      await openRoom(page, BUDGET);
      await page.evaluate((title) => window.stage.pending(title), BUDGET);
      await button(page, /^Members/).click();
      await page.getByText('Removal on its way').waitFor();
      await page.getByText('Invited, on the way').waitFor();
    },
  },
  settings: {
    async go(page) {
      await openRoom(page, BUDGET);
      await button(page, 'Room settings').click();
      await button(page, 'Leave the room').click();
      await button(page, /New owner/).click();
      await page.getByRole('option', { name: 'Björn Öberg' }).waitFor();
    },
  },
  roomSettings: {
    async go(page) {
      await openRoom(page, 'Ledningsgruppen');
      await button(page, 'Room settings').click();
      await page.getByRole('radio', { name: /Only what comes after/ }).waitFor();
      await page.getByText('365 days').waitFor();
    },
  },
  roomMenu: {
    async go(page) {
      await rooms(page).getByText('Archived (1)').click();
      await rooms(page).getByRole('link', { name: 'Flytten till Hamngatan' }).waitFor();
      await rooms(page).getByRole('link', { name: 'Krisberedskap' }).click({ button: 'right' });
      await page.getByRole('menuitemradio', { name: 'Nothing (muted)', checked: true }).waitFor();
    },
  },
  announcements: {
    async go(page) {
      await openRoom(page, 'Krisberedskap');
      await button(page, 'Take it over').waitFor();
      await page.getByText('Only owners and moderators write here').waitFor();
    },
  },
  newChannel: {
    async go(page) {
      await button(page, 'New room').click();
      await page.getByText('For a subject').click();
      await page.getByRole('textbox', { name: 'Topic' }).waitFor();
    },
  },
  channels: {
    async go(page) {
      await page.getByRole('link', { name: 'Browse channels' }).click();
      await button(page, 'Join Växtbyte').waitFor();
    },
  },
  mySettings: {
    async go(page) {
      await page.goto(`${page.url()}#/settings`);
      await page.getByText('Nothing rings at certain hours').click();
      await page.getByRole('checkbox', { name: 'Monday' }).waitFor();
      await button(page, 'At lunch').click();
      await button(page, 'Set the status').click();
      await page.getByText(/^Now: At lunch, until/).waitFor();
    },
  },
  privacy: {
    async go(page) {
      await openRoom(page, BUDGET);
      await button(page, 'Who can read this room?').click();
      await page.getByRole('heading', { name: 'Cannot read' }).waitFor();
    },
  },
  newRoom: {
    async go(page) {
      await button(page, 'New room').click();
      await page.getByRole('combobox', { name: 'Add people' }).fill('an');
      await page.getByRole('option', { name: 'Anna-Karin Wikström' }).click();
      await page.getByRole('combobox', { name: 'Add people' }).fill('e');
      await page.getByRole('option', { name: 'Zoë Ekman' }).waitFor();
    },
  },
  finder: {
    async go(page) {
      await page.getByRole('combobox', { name: 'Find people and rooms' }).fill('a');
      await page.getByRole('option', { name: 'Anna-Karin Wikström' }).waitFor();
    },
  },
  menu: {
    async go(page) {
      await button(page, /You and your settings/).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    },
  },
  devices: {
    async go(page) {
      await page.goto(`${page.url()}#/devices`);
      await page.getByText('Edge, Windows').waitFor();
      await button(page, 'Report lost: Edge, Windows').click();
      await button(page, 'Report lost now').waitFor();
    },
  },
  newDevice: {
    async go(page) {
      await openRoom(page, BUDGET);
      await page.evaluate(() => window.stage.newDevice('Edge, Windows'));
      await page.getByText(/^Edge, Windows, .* – not you\?$/).waitFor();
    },
  },
  flows: {
    async go(page) {
      await page.goto(`${page.url()}#/flows`);
      await page.getByText('Sign-in and names').first().waitFor();
    },
  },
  ringing: {
    async go(page) {
      await openRoom(page, BUDGET);
      await page.evaluate(() => window.stage.call('Zoë Ekman'));
      await page.getByText('Zoë Ekman is calling', { exact: true }).waitFor();
    },
  },
  offer: {
    async go(page) {
      await openRoom(page, BUDGET);
      await page.evaluate(() => Object.defineProperty(Notification, 'permission', { get: () => 'default' }));
      for (const offer = page.getByText('Be told of new messages on the desktop?'); !(await offer.isVisible()); await page.waitForTimeout(200)) {
        await page.evaluate(() => window.stage.arrive('Ledningsgruppen', 'Kommer ni?'));
      }
    },
  },
  calls: {
    async go(page) {
      await rooms(page).waitFor();
      await page.evaluate(() => window.stage.call('Zoë Ekman'));
      await page.getByRole('region', { name: 'Calls' }).getByRole('button', { name: 'Decline' }).click();
      await page.goto(`${page.url().split('#')[0]}#/calls`);
      await page.getByText('You declined').waitFor();
    },
  },
  replaced: {
    async go(page) {
      await openRoom(page, BUDGET);
      await page.evaluate(() => window.stage.connection('replaced'));
      await button(page, 'Use here').waitFor();
    },
  },
  trouble: {
    async go(page) {
      await openRoom(page, BUDGET);
      await page.evaluate((title) => window.stage.trouble(title, 'relay_members_differ'), BUDGET);
      await page.getByText('somebody may have been added secretly').waitFor();
    },
  },
};

const VIEWS = [
  { name: 'light-1280', context: { colorScheme: 'light' } },
  { name: 'dark-1280', context: { colorScheme: 'dark' } },
  { name: 'light-320', context: { colorScheme: 'light', viewport: { width: 320, height: 640 } } },
  { name: 'dark-320', context: { colorScheme: 'dark', viewport: { width: 320, height: 640 } } },
];

/** Each screen in two of the views: light and dark, wide and narrow, by turns. `SAMRUM_SCREENS=all`, as for pictures: in each. */
const inView = (view, index) => shots !== undefined || process.env.SAMRUM_SCREENS === 'all' || [0, 3].includes(view) === (index % 2 === 0);

for (const [place, view] of VIEWS.entries()) {
  describe(view.name, () => {
    for (const [name, { scene, go }] of Object.entries(SCREENS).filter((_, index) => inView(place, index))) {
      test(`${name}: accessible, within the policy and the page`, async () => {
        const page = await at(scene, view.context);
        await go(page);
        await page.waitForTimeout(150);
        if (shots) await page.screenshot({ path: join(shots, `${name}-${view.name}.png`) });
        assert.deepEqual(await violations(page), []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, 'wider than the page');
        await done(page);
      });
    }
  });
}

if (shots) {
  for (const language of ['sv', 'de']) {
    test(`pictures in ${language}`, async () => {
      for (const width of [1280, 320]) {
        const page = await at('', { viewport: { width, height: width === 320 ? 640 : 800 } }, language);
        await page.getByRole('link', { name: BUDGET }).click();
        await page.waitForTimeout(200);
        await page.screenshot({ path: join(shots, `room-${language}-${width}.png`) });
        await done(page);
      }
    });
  }
}

test('all by keyboard: find a person, write, make a room, add and see members', async () => {
  const page = await at('door');
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');
  await page.locator('input:focus').waitFor();
  await page.keyboard.type('asa');
  await press('Tab');
  await page.keyboard.type('right');
  await press('Enter');
  await rooms(page).waitFor();
  await page.getByRole('combobox', { name: 'Find people and rooms' }).waitFor();

  await press('Control+k');
  await page.keyboard.type('jür');
  await page.getByRole('option', { name: 'Jürgen Groß' }).waitFor();
  await press('ArrowDown', 'Enter');
  await page.getByRole('heading', { name: 'Jürgen Groß', level: 1 }).waitFor();
  await page.keyboard.type('Hej');
  await press('Shift+Enter');
  await page.keyboard.type('på dig');
  await press('Enter');
  await log(page).getByText('Hej\npå dig').waitFor();

  for (let n = 0; n < 40 && (await focused()) !== 'New room'; n += 1) await press('Shift+Tab');
  await press('Enter');
  await page.getByRole('dialog', { name: 'New room' }).waitFor();
  await page.keyboard.type('Tangentbord');
  await press('Tab');
  await page.keyboard.type('björn');
  await page.getByRole('option', { name: 'Björn Öberg' }).waitFor();
  await press('ArrowDown', 'Enter');
  await page.getByRole('dialog').getByRole('row', { name: 'Björn Öberg' }).waitFor();
  for (let n = 0; n < 20 && (await focused()) !== 'Create room'; n += 1) await press('Tab');
  await press('Enter');
  await page.getByRole('heading', { name: 'Tangentbord', level: 1 }).waitFor();

  for (let n = 0; n < 20 && (await focused()) !== 'Members (2)'; n += 1) await press('Shift+Tab');
  await press('Enter');
  await page.getByRole('complementary', { name: 'Members' }).getByText('Björn Öberg').waitFor();
  assert.equal(await focused(), 'Close the panel');
  await press('Escape');
  await page.getByRole('complementary', { name: 'Members' }).waitFor({ state: 'detached' });
  assert.equal(await focused(), 'Members (2)', 'focus goes back to what opened the panel');
  await done(page);
});

test('a wrong password says so; too many tries count down and then let one try again', async () => {
  const page = await at('door');
  await page.getByRole('textbox', { name: 'User name' }).fill('many');
  await page.getByRole('textbox', { name: 'Password' }).fill('x');
  await button(page, 'Sign in').click();
  await page.getByText('try again in 3 s').waitFor();
  assert.equal(await button(page, 'Sign in').isDisabled(), true);
  await page.getByText('try again in 1 s').waitFor();
  await page.getByText('try again in').waitFor({ state: 'detached' });
  await page.getByRole('textbox', { name: 'User name' }).fill('asa');
  await page.getByRole('textbox', { name: 'Password' }).fill('right');
  await button(page, 'Sign in').click();
  await rooms(page).waitFor();
  await done(page);
});

test('an input method’s Enter does not send; a draft stays with its room; a refused text is not lost', async () => {
  const page = await at('');
  await openRoom(page, BUDGET);
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill('かな');
  await box.dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true });
  assert.equal(await box.inputValue(), 'かな');
  await openRoom(page, 'Arkivet');
  assert.equal(await page.getByRole('textbox', { name: 'Message' }).inputValue(), '');
  await openRoom(page, BUDGET);
  assert.equal(await page.getByRole('textbox', { name: 'Message' }).inputValue(), 'かな');
  await say(page, 'x'.repeat(6000));
  await page.getByText('The message is too long').waitFor();
  assert.equal((await page.getByRole('textbox', { name: 'Message' }).inputValue()).length, 6000);
  await done(page);
});

test('a message that may not be sent is tried again or discarded', async () => {
  const page = await at('');
  await openRoom(page, BUDGET);
  await log(page).getByText('You are no longer in this room').waitFor();
  await button(page, 'Discard').click();
  await log(page).getByText('Kan du skicka taket').waitFor({ state: 'detached' });
  await done(page);
});

test('ten thousand messages: few rows in the page, the newest shown first, and a way back to it', async () => {
  const page = await at('');
  await openRoom(page, 'Arkivet');
  await log(page).getByText('Anteckning 10000.').waitFor();
  assert.ok((await log(page).getByRole('article').count()) < 60);
  await log(page).hover();
  for (let n = 0; n < 10; n += 1) await page.mouse.wheel(0, -3000);
  await button(page, 'To the newest').click();
  await log(page).getByText('Anteckning 10000.').waitFor();
  // What arrives while one is at the end is followed; one's own message always is.
  await page.evaluate(() => window.stage.arrive('Arkivet', 'Nyss kommet'));
  await log(page).getByText('Nyss kommet').waitFor();
  await page.getByRole('status').filter({ hasText: 'Björn Öberg: Nyss kommet' }).waitFor({ state: 'attached' });
  await page.mouse.wheel(0, -3000);
  await button(page, 'To the newest').waitFor();
  await say(page, 'Mitt eget');
  await log(page).getByText('Mitt eget').waitFor();
  await page.waitForTimeout(300);
  assert.equal(await button(page, 'To the newest').count(), 0);
  await done(page);
});

test('the unread line stands where reading stopped', async () => {
  const page = await at('');
  await openRoom(page, BUDGET);
  await log(page).getByText('klockan tre').waitFor();
  const words = await log(page).innerText();
  assert.ok(words.indexOf('till nämnden') < words.indexOf('New messages'));
  assert.ok(words.indexOf('New messages') < words.indexOf('lokalerna'));
  await done(page);
});

test('language and appearance are switched at once and remembered; nothing of persons is stored', async () => {
  const page = await at('');
  await page.goto(site.url);
  await openRoom(page, BUDGET);
  await button(page, /You and your settings/).click();
  await page.getByRole('menuitemradio', { name: 'Svenska' }).click();
  await page.getByRole('navigation', { name: 'Rum', exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'sv');
  await button(page, /Du och dina inställningar/).click();
  await page.getByRole('menuitemradio', { name: 'Mörkt' }).click();
  await page.keyboard.press('Escape');
  await page.reload();
  await page.getByRole('navigation', { name: 'Rum', exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await button(page, 'Jag har läst detta').click();
  assert.deepEqual(await page.evaluate(() => Object.entries({ ...localStorage }).sort()), [
    ['samrum.language', 'sv'],
    ['samrum.notice', 'read'],
    ['samrum.theme', 'dark'],
  ]);
  await done(page);
});

test('connection states say what is kept; the connection is taken back from a copy; a revoked device ends at the door', async () => {
  const page = await at('');
  await openRoom(page, BUDGET);
  for (const [state, words] of [
    ['offline', 'You are offline'],
    ['relay_away', 'The connection is lost'],
    ['home_away', 'server does not answer'],
  ]) {
    await page.evaluate((to) => window.stage.connection(to), state);
    await page.getByText(words).waitFor();
  }
  await page.evaluate(() => window.stage.connection('replaced'));
  await button(page, 'Use here').click();
  await button(page, 'Use here').waitFor({ state: 'detached' });
  await page.evaluate(() => window.stage.connection('revoked'));
  await page.getByText('This device was signed out').waitFor();
  await page.getByRole('textbox', { name: 'User name' }).waitFor();
  await done(page);
});

test('the ledger does not hold together: a notice that says who', async () => {
  const page = await at('');
  await openRoom(page, BUDGET);
  for (const [alarm, words] of [
    ['home_ledger_forked', 'does not hold together'],
    ['home_ledger_withheld', 'in an old state'],
    ['relay_head_forged', 'did not sign'],
    ['relay_head_withheld', 'does not confirm'],
  ]) {
    await page.evaluate((what) => window.stage.alarm(what), alarm);
    await page.getByText(words).waitFor();
    await page.getByText(`(code: ${alarm})`).waitFor();
  }
  await page.evaluate(() => window.stage.alarm(null));
  await page.getByText('does not confirm').waitFor({ state: 'detached' });
  await done(page);
});

test('members: add, give a role, take out; the room’s name', async () => {
  const page = await at('');
  await newRoom(page, 'Prov', ['Björn Öberg']);
  await button(page, 'Members (2)').click();
  const panel = page.getByRole('complementary', { name: 'Members' });
  await panel.getByRole('combobox', { name: 'Add people' }).fill('zoë');
  await page.getByRole('option', { name: 'Zoë Ekman' }).click();
  await panel.getByRole('button', { name: 'Add 1 person' }).click();
  await button(page, 'Change Zoë Ekman').click();
  await page.getByRole('menuitem', { name: 'Make moderator' }).click();
  await panel.getByText('Moderator').waitFor();
  await button(page, 'Change Zoë Ekman').click();
  await page.getByRole('menuitem', { name: 'Remove from the room' }).click();
  await panel.getByText('Zoë Ekman').waitFor({ state: 'detached' });
  await button(page, 'Room settings').click();
  await page.getByRole('textbox', { name: 'Name of the room' }).fill('Provet');
  await button(page, 'Save').click();
  await page.getByRole('heading', { name: 'Provet', level: 1 }).waitFor();
  await done(page);
});

test('on a phone one column is shown, and back leads to the list', async () => {
  const page = await at('', { viewport: { width: 320, height: 640 } });
  await openRoom(page, BUDGET);
  assert.equal(await rooms(page).isVisible(), false);
  await back(page).click();
  await rooms(page).waitFor();
  assert.equal(await log(page).count(), 0);
  await done(page);
});
