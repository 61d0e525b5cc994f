/**
 * The meeting through the whole product: people who signed in at home, relay's join, home's keys, a real LiveKit.
 * Takes the running city from `SAMRUM_READY` (browser.mjs).
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { city, launch, newRoom, openRoom, person, signIn } from './browser.mjs';
import { FRAMES, allReceive, bothWays, camera, join, layerSwitch, muting, plantPassThrough, screenShare, seesTile, tile } from './media/checks.mjs';
import { READ, arriving, countConnections, newId, reading, serveHarness, token, until } from './media/lib.mjs';

const world = {};

before(async () => {
  world.city = city();
  world.browser = await launch({ flags: ['--auto-accept-this-tab-capture'] });
});

after(async () => {
  await world.browser?.close();
});

/** A signed-in person in a profile of their own, whose connections are counted. */
async function enter(login, { prepare } = {}) {
  // What a test plants must not come past it from the service worker's own copy.
  const serviceWorkers = prepare ? 'block' : 'allow';
  const context = { permissions: ['camera', 'microphone'], viewport: { width: 1280, height: 800 }, serviceWorkers };
  const page = await person(world.browser, { context });
  await page.context().addInitScript(countConnections);
  await prepare?.(page.context());
  await page.goto(`${world.city.home}/?lang=en`);
  await signIn(page, login);
  const notice = page.getByRole('button', { name: 'I have read this' });
  if (await notice.isVisible()) await notice.click();
  return { page, name: login.name, login };
}

async function meet(one, title, { start = false, ...devices } = {}) {
  await openRoom(one.page, title);
  await one.page.getByRole('button', { name: start ? 'Meet now' : /^Join/ }).first().click();
  await join(one, devices);
}

function title() {
  return `Möte ${randomBytes(4).toString('hex')}`;
}

/** Home's answers as they are, but without a media key in any of them. */
async function withoutMediaKeys(route) {
  if (!['fetch', 'xhr'].includes(route.request().resourceType())) return route.fallback();
  const response = await route.fetch();
  const text = await response.text();
  return route.fulfill({ response, body: text.replace(/"media":\[\{.*?\}\]/g, '"media":[]') });
}

/** The key of the city's LiveKit, which only its operator and relay have. */
function livekitKeys() {
  const file = path(world.city.data.relay, 'livekit.keys');
  const [key, secret] = readFileSync(file, 'utf8').trim().split(': ');
  return { key, secret };
}

describe('two people who signed in', { concurrency: false }, () => {
  test('meet, mute, stop the camera, share, and a third comes late', async () => {
    const [asa, bjorn, anna] = world.city.logins;
    const [a, b] = await Promise.all([enter(asa), enter(bjorn)]);
    const room = title();
    await newRoom(a.page, room, [bjorn.name, anna.name]);
    await meet(a, room, { start: true });
    await meet(b, room);
    await bothWays(a, b);
    await muting(a, b);
    await camera(b, a);
    await layerSwitch(b, a);
    await screenShare(a, b);

    const c = await enter(anna);
    await meet(c, room);
    await seesTile(c, a);
    await seesTile(c, b);
    await allReceive([c]);

    await c.page.getByRole('button', { name: 'Leave', exact: true }).click();
    await c.page.getByRole('textbox', { name: 'Message' }).waitFor();
    await tile(a, anna.name).waitFor({ state: 'detached' });
    for (const { page, name } of [a, b, c]) {
      assert.deepEqual(await page.reports(), [], name);
      assert.deepEqual(page.errors, [], name);
      await page.context().close();
    }
  });

  test('a person on two devices is seen twice and hears both others', async () => {
    const [asa, bjorn] = world.city.logins;
    const [a, b, more] = await Promise.all([enter(asa), enter(bjorn), enter(asa)]);
    const room = title();
    await newRoom(a.page, room, [bjorn.name]);
    await meet(a, room, { start: true });
    await meet(more, room);
    await meet(b, room);
    await seesTile(b, { name: asa.name });
    await seesTile(b, { name: `${asa.name} (device 2)` });
    await allReceive([a, b, more]);
    for (const { page } of [a, b, more]) await page.context().close();
  });
});

describe('a removal', { concurrency: false }, () => {
  test('reaches the last media packet within two seconds of home\'s word, and the others go on', async () => {
    const [asa, bjorn, anna] = world.city.logins;
    const people = await Promise.all([asa, bjorn, anna].map((login) => enter(login)));
    const [a, b, c] = people;
    const room = title();
    await newRoom(a.page, room, [bjorn.name, anna.name]);
    await meet(a, room, { start: true });
    await meet(b, room);
    await meet(c, room);
    await allReceive(people);
    await c.page.evaluate(() => {
      let before = -1;
      window.lastMediaAt = 0;
      setInterval(async () => {
        const { framesDecoded, audioBytesIn, videoBytesIn } = await window.mediaTotals();
        const now = framesDecoded + audioBytesIn + videoBytesIn;
        if (now > before) window.lastMediaAt = Date.now();
        before = now;
      }, 50);
    });
    await a.page.getByRole('button', { name: /^Members/ }).click();
    await a.page.getByRole('button', { name: `Change ${anna.name}` }).click();
    const told = a.page.waitForResponse((response) => response.url().startsWith(world.city.home) && response.request().method() === 'POST' && response.url().includes('/rooms/'));
    await a.page.getByRole('menuitem', { name: 'Remove from the room' }).click();
    assert.ok((await told).ok());
    const at = Date.now();
    await tile(a, anna.name).waitFor({ state: 'detached' });
    await allReceive([a, b]);
    const late = (await c.page.evaluate(() => window.lastMediaAt)) - at;
    assert.ok(late <= 2000, `the last packet came ${late} ms after home's word`);
    for (const { page } of people) await page.context().close();
  });
});

describe('who has no key', { concurrency: false }, () => {
  test('a stock client in the same LiveKit room reads nothing, and with a pass-through worker it does', async () => {
    const [asa, bjorn] = world.city.logins;
    const pages = await serveHarness(world.city.livekit);
    try {
      for (const planted of [false, true]) {
        const room = title();
        const meeting = {};
        const a = await enter(asa, { prepare: planted ? plantPassThrough : undefined });
        // Relay throws out who did not join through it, so the listener uses the pass of a member's device that did.
        a.page.on('response', async (response) => {
          if (response.url().endsWith('/join')) Object.assign(meeting, await response.json());
        });
        await newRoom(a.page, room, [bjorn.name]);
        await meet(a, room, { start: true });
        const b = await enter(bjorn);
        const guest = {};
        b.page.on('response', async (response) => {
          if (response.url().endsWith('/join')) Object.assign(guest, await response.json());
        });
        await openRoom(b.page, room);
        await b.page.getByRole('button', { name: /^Join/ }).first().click();
        await until('the way in', () => guest.token);
        const identity = JSON.parse(Buffer.from(guest.token.split('.')[1], 'base64url').toString()).sub;
        const context = await world.browser.newContext();
        const stock = await context.newPage();
        await stock.addInitScript(countConnections);
        await stock.goto(`${pages.url}/stock.html`);
        await stock.evaluate(([url, pass]) => window.listen(url, pass), [world.city.livekit, token(livekitKeys(), meeting.meeting, identity)]);
        const got = await reading(stock, a.page, 10_000);
        assert.ok(got.videoBytesIn > 20_000 && got.audioBytesIn > 1000, `it was sent media: ${JSON.stringify(got)}`);
        assert.equal(got.resemblance >= READ, planted, `a picture like the sender's: ${got.resemblance}`);
        assert.equal(got.audioEnergy > 0, planted, `sound: ${got.audioEnergy}`);
        for (const one of [a.page.context(), b.page.context(), context]) await one.close();
      }
    } finally {
      await pages.stop();
    }
  });

  test('a device that relay does not know is thrown out of the LiveKit room', async () => {
    const [asa, bjorn] = world.city.logins;
    const pages = await serveHarness(world.city.livekit);
    const a = await enter(asa);
    const meeting = {};
    a.page.on('response', async (response) => {
      if (response.url().endsWith('/join')) Object.assign(meeting, await response.json());
    });
    const room = title();
    await newRoom(a.page, room, [bjorn.name]);
    await meet(a, room, { start: true });
    const context = await world.browser.newContext();
    const stock = await context.newPage();
    await stock.addInitScript(countConnections);
    await stock.goto(`${pages.url}/stock.html`);
    const pass = token(livekitKeys(), meeting.meeting, `${newId('p')}.${newId('d')}`);
    // It may be gone before its connection stands.
    await stock.evaluate(([url, given]) => window.listen(url, given).catch(() => undefined), [world.city.livekit, pass]);
    await arriving(stock, 7000);
    const after = await arriving(stock, 2000);
    assert.equal(after.videoBytesIn + after.audioBytesIn, 0, 'nothing is sent to it any more');
    await context.close();
    await a.page.context().close();
    await pages.stop();
  });

  test('a sender whose key is withheld sends nothing, and with a pass-through worker it does', async () => {
    const [asa, bjorn] = world.city.logins;
    for (const planted of [false, true]) {
      const room = title();
      const a = await enter(asa);
      await newRoom(a.page, room, [bjorn.name]);
      const b = await enter(bjorn, {
        prepare: async (context) => {
          if (planted) await plantPassThrough(context);
          await context.route((url) => url.origin === world.city.home, withoutMediaKeys);
        },
      });
      await meet(a, room, { start: true, mic: false, cam: false });
      await meet(b, room);
      const sent = await arriving(b.page, 5000);
      assert.ok(sent.framesEncoded > 0, 'it had something to send');
      assert.equal(sent.bytesSent > 0, planted, `bytes: ${sent.bytesSent}`);
      assert.equal(sent.packetsSent > 0, planted);
      if (!planted) {
        await b.page.context().unrouteAll();
        await seesTile(a, b);
        const got = await arriving(a.page);
        assert.ok(got.framesDecoded >= FRAMES);
      }
      for (const { page } of [a, b]) await page.context().close();
    }
  });
});
