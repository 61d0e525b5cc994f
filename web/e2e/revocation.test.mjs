/**
 * Ending a device or a membership: within two seconds of home's answer nothing of it reaches the other browser, the ended browser
 * says so and keeps nothing, and its papers open nothing. Takes the running city from `SAMRUM_READY` (browser.mjs).
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { decode, encode } from '@msgpack/msgpack';
import { city, launch, log, newRoom, openRoom, say } from './browser.mjs';
import { ask, ending, enter, meet, relayOf, stage } from './city/revoking.mjs';
import { tile } from './media/checks.mjs';
import { READ, arriving, countConnections, reading, serveHarness, until } from './media/lib.mjs';

const LIMIT_MS = 2000;
const REVOKED = /This device was signed out from another of your devices/;
const world = {};

before(async () => {
  world.city = city();
  world.browser = await launch();
});

after(async () => {
  await world.browser?.close();
});

function title() {
  return `Möte ${randomBytes(4).toString('hex')}`;
}

/** The databases of the page's origin, by name. */
function databases(page) {
  return page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
}

/** The 16 bytes of an id in text form. */
function raw(id) {
  const bits = [...id.slice(2)].map((letter) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.slice(0, 128).match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** Makes a browser's device key one that can be read out: the thief who has copied everything in time. */
async function plantThief(context) {
  const theft = `{
    const make = crypto.subtle.generateKey.bind(crypto.subtle);
    crypto.subtle.generateKey = async (how, extractable, uses) => {
      const made = await make(how, how === 'Ed25519' || extractable, uses);
      if (how === 'Ed25519') new BroadcastChannel('thief').postMessage(await crypto.subtle.exportKey('jwk', made.privateKey));
      return made;
    };
  }`;
  await context.route('**/keys.worker-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: theft + (await response.text()) });
  });
}

/** Relay's last word to who knocks with that grant and key, from a page of home's: the frame's type and body. */
async function knock(page, { grant, tenant, dev }, key) {
  const hello = [1, ...encode({ v: 1, grant })];
  const signed = Buffer.concat([Buffer.from('samrum/hello/1\0'), raw(tenant), raw(dev), createHash('sha256').update(grant).digest()]);
  const frame = await page.evaluate(
    async ([url, first, before, jwk]) => {
      const signing = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign']);
      const socket = new WebSocket(url);
      socket.binaryType = 'arraybuffer';
      const next = () => new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(new Uint8Array(data)), { once: true }));
      await new Promise((resolve) => socket.addEventListener('open', resolve));
      socket.send(Uint8Array.from(first));
      const nonce = (await next()).slice(-32);
      const all = Uint8Array.from([...before, ...nonce, ...new TextEncoder().encode(location.origin)]);
      const sig = new Uint8Array(await crypto.subtle.sign('Ed25519', signing, all));
      const answer = next();
      socket.send(Uint8Array.from([2, 0x81, 0xa3, ...new TextEncoder().encode('sig'), 0xc4, 64, ...sig]));
      const word = [...(await answer)];
      socket.close();
      return word;
    },
    [relayOf(world.city).stream, hello, [...signed], key],
  );
  return { kind: frame[0], body: decode(Uint8Array.from(frame.slice(1))) };
}

/** Relay's answer to a join with that grant. */
async function tryJoin(room, grant) {
  const answer = await fetch(`${relayOf(world.city).http}/rooms/${room}/join`, { method: 'POST', headers: { Authorization: `Bearer ${grant}`, Origin: world.city.home } });
  return { status: answer.status, ...(await answer.json()) };
}

describe('at the other browser', { concurrency: false }, () => {
  test('nothing of an ended device comes later than two seconds after home\'s answer', async (t) => {
    const scene = await stage(world.browser, world.city, world.city.logins, title());
    const control = await ending(scene, 'nothing');
    for (const [what, ms] of Object.entries(control)) assert.ok(ms > LIMIT_MS, `who is not ended goes on, deaf or not, but the last ${what} came after ${ms} ms`);
    for (const how of ['revoke', 'remove', 'revoke']) {
      const late = await ending(scene, how);
      t.diagnostic(`${how}: ${JSON.stringify(late)} ms after home's answer`);
      for (const [what, ms] of Object.entries(late)) assert.ok(ms <= LIMIT_MS, `${how}: the last ${what} came ${ms} ms after home's answer`);
    }
    for (const { page } of [scene.watcher, scene.other]) {
      assert.deepEqual(await page.reports(), []);
      assert.deepEqual(page.errors, []);
      await page.context().close();
    }
  });
});

describe('a revoked device', { concurrency: false }, () => {
  test('says so and keeps nothing, and with all that it had nobody gets in again', async (t) => {
    const [asa, bjorn] = world.city.logins;
    const pages = await serveHarness(world.city.livekit);
    t.after(() => pages.stop());
    const [owner, kept] = [await enter(world.browser, world.city, asa), await enter(world.browser, world.city, bjorn)];
    const lost = await enter(world.browser, world.city, bjorn, { prepare: plantThief, script: () => (new BroadcastChannel('thief').onmessage = ({ data }) => (window.stolen = data)) });
    const key = await until('the stolen key', () => lost.page.evaluate(() => window.stolen));
    const name = title();
    await newRoom(owner.page, name, [bjorn.name]);
    await meet(owner, name, { start: true });
    const room = owner.page.url().match(/r_[a-z2-7]{26}/)[0];
    await meet(lost, name);
    await say(lost.page, 'hemligt i hallen');
    await log(owner.page).getByText('hemligt i hallen').waitFor();
    await tile(owner, bjorn.name).waitFor();
    const { grant, token } = lost.papers;
    assert.equal((await tryJoin(room, grant)).status, 200, 'until now the grant opens the meeting');

    const told = await ask(kept, `/devices/${lost.papers.dev}/revoke`, {});
    assert.equal(told.status, 204);
    await lost.page.getByText(REVOKED).waitFor();
    await until('nothing is left', async () => (await databases(lost.page)).length === 0);
    assert.equal(await lost.page.getByText('hemligt i hallen').count(), 0);
    const web = await lost.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    assert.doesNotMatch(web, /[a-z]_[a-z2-7]{26}|eyJ|Björn|Möte/u);
    assert.equal((await arriving(lost.page, 1000)).packetsSent, 0, 'its camera and microphone are off');
    await tile(owner, bjorn.name).waitFor({ state: 'detached' });

    // The thief, who has copied the key, the grant, the cookie and LiveKit's token in time.
    assert.deepEqual(await knock(kept.page, lost.papers, key), { kind: 74, body: { code: 'revoked' } });
    const { status, code } = await tryJoin(room, grant);
    assert.deepEqual([status, code], [401, 'revoked']);
    for (const [path, body] of [['/session'], ['/since/0'], ['/grant', {}], ['/keys', {}]]) {
      const answer = await ask(lost, path, body);
      assert.deepEqual([answer.status, answer.body], [403, { code: 'device_revoked' }], path);
    }
    const stillGood = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).exp * 1000 - Date.now();
    assert.ok(stillGood > 5000, `LiveKit itself would take the token for another ${stillGood} ms`);
    const context = await world.browser.newContext();
    const stock = await context.newPage();
    await stock.addInitScript(countConnections);
    await stock.goto(`${pages.url}/stock.html`);
    await stock.evaluate(([url, pass]) => window.listen(url, pass).catch(() => undefined), [world.city.livekit, token]);
    const first = await reading(stock, owner.page, 4000);
    assert.ok(first.resemblance < READ, `it reads no picture: ${first.resemblance}`);
    assert.equal(first.audioEnergy, 0, 'it hears nothing');
    const then = await arriving(stock, 1500);
    assert.equal(then.videoBytesIn + then.audioBytesIn, 0, 'and it is sent nothing any more');

    await lost.page.reload();
    await lost.page.getByText(REVOKED).waitFor();
    for (const one of [owner, kept, lost]) assert.deepEqual(await one.page.reports(), []);
    for (const one of [owner.page.context(), kept.page.context(), lost.page.context(), context]) await one.close();
  });

  test('that was off meanwhile forgets everything as soon as it starts', async () => {
    const [, bjorn] = world.city.logins;
    const [kept, lost] = [await enter(world.browser, world.city, bjorn), await enter(world.browser, world.city, bjorn)];
    await lost.page.goto('about:blank');
    assert.equal((await ask(kept, `/devices/${lost.papers.dev}/revoke`, {})).status, 204);
    await lost.page.goto(`${world.city.home}/?lang=en`);
    await lost.page.getByText(REVOKED).waitFor();
    assert.deepEqual(await databases(lost.page), []);
    for (const { page } of [kept, lost]) await page.context().close();
  });
});

describe('signing out', { concurrency: false }, () => {
  test('ends the device at home and its grant at relay, and keeps nothing', async () => {
    const [asa, bjorn] = world.city.logins;
    const [kept, gone] = [await enter(world.browser, world.city, asa), await enter(world.browser, world.city, asa)];
    const name = title();
    await newRoom(kept.page, name, [bjorn.name]);
    const room = kept.page.url().match(/r_[a-z2-7]{26}/)[0];
    await openRoom(gone.page, name);
    assert.equal((await tryJoin(room, gone.papers.grant)).status, 200);
    await gone.page.getByRole('button', { name: /You and your settings/ }).click();
    await gone.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await gone.page.getByRole('textbox', { name: 'User name' }).waitFor();
    await until('nothing is left', async () => (await databases(gone.page)).length === 0);
    assert.equal(await gone.page.getByText('You were signed out').count(), 0, 'who signs out needs no explanation');
    const { status, code } = await until('relay knows', async () => {
      const answer = await tryJoin(room, gone.papers.grant);
      return answer.status !== 200 && answer;
    });
    assert.deepEqual([status, code], [401, 'revoked']);
    const { body } = await ask(kept, '/devices');
    assert.equal(body.devices.find(({ dev }) => dev === gone.papers.dev).revoked, true);
    await kept.page.getByRole('button', { name: /You and your settings/ }).click();
    await kept.page.getByRole('menuitem', { name: 'My devices' }).click();
    await kept.page.getByText('Signed out', { exact: true }).first().waitFor();
    for (const { page } of [kept, gone]) {
      assert.deepEqual(await page.reports(), []);
      assert.deepEqual(page.errors, []);
      await page.context().close();
    }
  });
});
