/** The session against a real home and relay, in Chromium, without screens. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startCity, until } from './session/city.mjs';
import { pageFiles, serve } from './session/page.mjs';

const BASE = Number(process.env.SAMRUM_SESSION_PORT ?? 21000);
// The page is answered from memory, which Chromium takes for another network than loopback.
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-features=LocalNetworkAccessChecks'];

let city;
let browser;
let files;
const complaints = [];

before(async () => {
  [city, files] = await Promise.all([startCity(BASE), pageFiles('session.ts')]);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await city?.stop();
});

/** A browser profile. */
async function profile() {
  const context = await browser.newContext();
  await serve(context, city.ready.home, files);
  return context;
}

/** A tab of a profile: calls of the page's driver by name. */
async function tab(context) {
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.stack ?? String(error)));
  await page.goto(`${city.ready.home}/at/`);
  await page.waitForFunction(() => 'samrum' in globalThis);
  const call = (name, ...args) => page.evaluate(([method, given]) => globalThis.samrum[method](...given), [name, args]);
  return new Proxy({ page }, { get: (own, name) => (name === 'then' ? undefined : name in own ? own[name] : (...args) => call(name, ...args)) });
}

async function signedIn(context, login, shared = false) {
  const one = await tab(context);
  const me = await one.signIn(login.user, login.password, shared);
  assert.equal(me.name, login.name);
  await until(async () => (await one.connection()) === 'online', 'online');
  return Object.assign(one, { me });
}

function login(index) {
  return city.ready.logins[index];
}

/** A person known by search, as `who` sees them. */
async function find(who, name) {
  const found = await who.search(name);
  return found.find((one) => one.name === name).pid;
}

async function has(who, room, text, opening = 'opened') {
  let texts;
  const there = async () => {
    texts = await who.texts(room);
    return texts.some(([, said, how]) => said === text && how === opening);
  };
  await until(there, `${text} ${opening}`).catch((error) => {
    throw new Error(`${error.message} in ${JSON.stringify(texts)}`);
  });
}

async function shows(who, room) {
  return until(async () => (await who.rooms()).find(({ id }) => id === room), 'the room');
}

test('two people sign in, make a room, write, and read it again after a reload and on a second device', { timeout: 60_000 }, async () => {
  const one = await profile();
  const anna = await signedIn(one, login(0));
  const bo = await signedIn(await profile(), login(1));
  const room = await anna.create('group', 'Budget åäö', [await find(anna, login(1).name)]);
  assert.equal((await shows(anna, room)).title, 'Budget åäö');
  const seen = await shows(bo, room);
  assert.equal(seen.title, 'Budget åäö');
  assert.deepEqual(seen.members.map(({ name, role, me }) => [name, role, me]).sort(), [
    [login(0).name, 'owner', false],
    [login(1).name, 'member', true],
  ].sort());

  await anna.send(room, 'Hej Bo, kan du läsa det här?');
  await has(bo, room, 'Hej Bo, kan du läsa det här?');
  await bo.send(room, 'Ja! 🙂');
  await has(anna, room, 'Ja! 🙂');
  for (let number = 0; number < 20; number += 1) await anna.send(room, `rad ${number}`);
  await has(bo, room, 'rad 19');
  const wanted = ['Hej Bo, kan du läsa det här?', 'Ja! 🙂', ...Array.from({ length: 20 }, (_, number) => `rad ${number}`)];
  assert.deepEqual((await bo.texts(room)).map(([, text]) => text), wanted);

  await bo.page.reload();
  await bo.page.waitForFunction(() => 'samrum' in globalThis);
  assert.equal((await bo.resume()).name, login(1).name);
  await has(bo, room, 'rad 19');
  assert.deepEqual((await bo.texts(room)).map(([, text]) => text), wanted);
  await until(async () => (await bo.connection()) === 'online', 'online');
  await bo.send(room, 'efter omladdning');
  await has(anna, room, 'efter omladdning');
  assert.deepEqual((await anna.timeline(room)).gaps, []);

  const second = await signedIn(await profile(), login(0));
  assert.notEqual(await second.dev(), await anna.dev());
  await shows(second, room);
  await has(second, room, 'Hej Bo, kan du läsa det här?');
  await second.send(room, 'från min andra dator');
  await has(anna, room, 'från min andra dator');
  await has(bo, room, 'från min andra dator');
  assert.deepEqual(complaints, []);
});
