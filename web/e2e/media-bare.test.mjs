/** The meeting's engine and screens against a real LiveKit alone: what opens, what stays closed, and that these tests can fail. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { allReceive, bothWays, camera, join, layerSwitch, muting, noReports, plantPassThrough, screenShare, seesTile, tile, workerCounts } from './media/checks.mjs';
import { READ, arriving, launch, reading, serveHarness, startLiveKit, wait } from './media/lib.mjs';
import { Gathering } from './media/people.mjs';

const world = {};
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Accessibility rules that the page breaks now. */
async function broken({ page }) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    // `region`: React Aria puts a popover and its hidden *Dismiss* at the end of the page, outside the landmarks.
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { region: { enabled: false } } }),
  );
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
}

before(async () => {
  world.livekit = await startLiveKit();
  world.pages = await serveHarness(world.livekit.url);
  world.browser = await launch();
});

after(async () => {
  await world.browser?.close();
  await world.pages?.stop();
  await world.livekit?.stop();
});

/** A gathering that ends with its test. */
async function gathering(run) {
  const made = new Gathering(world);
  try {
    await run(made);
  } finally {
    await made.close();
  }
}

describe('members', { concurrency: false }, () => {
  test('see and hear each other, through mute, camera, layers, sharing, a late joiner and a reload', () =>
    gathering(async (made) => {
      const [asa, bo, zofia] = ['Åsa Lindqvist-Öberg', 'Bo Ek', 'Žofia Groß'].map((name) => made.invite(name));
      const a = await made.open(asa);
      await join(a);
      const b = await made.open(bo);
      await join(b);
      await bothWays(a, b);
      await muting(a, b);
      await camera(b, a);
      await layerSwitch(b, a);
      await screenShare(a, b);

      const c = await made.open(zofia);
      await join(c);
      for (const other of [a, b]) {
        await seesTile(c, other);
        await seesTile(other, c);
      }
      await allReceive([a, b, c]);
      await c.page.getByRole('button', { name: 'Leave', exact: true }).click();
      await c.page.locator('#closed').waitFor();
      await tile(a, zofia.name).waitFor({ state: 'detached' });

      // The same device again in the same epoch: its join id is new, so no nonce repeats and nothing looks replayed.
      await b.page.reload();
      await join(b);
      await bothWays(a, b);
      const counts = await workerCounts(a);
      assert.ok(counts['Frames encrypted'] > 0 && counts['Frames opened'] > 0);
      for (const word of ['Refused: seen before', 'Refused: changed, or from somebody else']) assert.equal(counts[word] ?? 0, 0, word);
      await noReports([a, b, c]);
    }));

  test('move to a new epoch together, and who was removed sees nothing more within two seconds', () =>
    gathering(async (made) => {
      const [asa, bo, gone] = ['Åsa', 'Bo', 'Removed'].map((name) => made.invite(name));
      const people = [];
      for (const one of [asa, bo, gone]) {
        const person = await made.open(one);
        await join(person);
        people.push(person);
      }
      const [a, b, c] = people;
      await allReceive(people);
      // The removed device keeps its LiveKit connection and its old keys, as a hostile relay would allow.
      for (const { page } of [a, b])
        await page.evaluate((pid) => {
          const { access } = window.harness;
          access.members.set(new Set([...access.members.get()].filter((one) => one !== pid)));
          access.epoch.set(2);
        }, gone.me.pid);
      await wait(2000);
      const [got] = await Promise.all([arriving(c.page, 3000), allReceive([a, b])]);
      assert.equal(got.framesDecoded, 0, 'frames at the removed device');
      assert.equal(got.audioEnergy, 0, 'sound at the removed device');
      await tile(a, gone.name).waitFor({ state: 'detached' });
      await a.page.getByRole('button', { name: 'Encrypted', exact: true }).click();
      await a.page.getByText('One connection in this meeting does not belong to a member').waitFor();
    }));
});

describe('without a key', { concurrency: false }, () => {
  test('a stock client in the same LiveKit room reads nothing', () =>
    gathering(async (made) => {
      const a = await made.open(made.invite('Åsa'));
      await join(a);
      const { page, context } = await made.stock('listen');
      const got = await reading(page, a.page, 10_000);
      assert.ok(got.videoBytesIn > 20_000 && got.audioBytesIn > 1000, 'it was sent media');
      assert.ok(got.resemblance < READ, `a picture like the sender's: ${got.resemblance}`);
      assert.equal(got.audioEnergy, 0);
      await context.close();
    }));

  test('control: with a pass-through worker the stock client reads', () =>
    gathering(async (made) => {
      const a = await made.open(made.invite('Åsa'), { prepare: plantPassThrough });
      await join(a);
      assert.equal(a.planted(), 1);
      const { page, context } = await made.stock('listen');
      const got = await reading(page, a.page, 6000);
      assert.ok(got.framesDecoded > 0 && got.audioEnergy > 0 && got.resemblance >= READ, JSON.stringify(got));
      await context.close();
    }));

  test('a sender whose key is withheld sends nothing, and starts when it comes', () =>
    gathering(async (made) => {
      const bo = made.invite('Bo');
      const asa = made.invite('Åsa');
      const b = await made.open(bo);
      await join(b);
      const a = await made.open(asa, { config: { withhold: true } });
      await join(a);
      const sent = await arriving(a.page, 5000);
      assert.ok(sent.framesEncoded > 0, 'it had something to send');
      assert.equal(sent.bytesSent, 0);
      assert.equal(sent.packetsSent, 0);
      await a.page.getByText("The meeting's key is missing").waitFor();
      // It could not open the other's tracks, so it stopped asking for them.
      await tile(a, 'Bo').getByText('no key').waitFor();
      await a.page.evaluate(() => window.harness.access.release());
      await a.page.getByText("The meeting's key is missing").waitFor({ state: 'detached', timeout: 20_000 });
      await bothWays(a, b);
    }));

  test('control: with a pass-through worker the sender without a key sends', () =>
    gathering(async (made) => {
      const bo = made.invite('Bo');
      const asa = made.invite('Åsa');
      const b = await made.open(bo);
      await join(b, { mic: false, cam: false });
      const a = await made.open(asa, { config: { withhold: true }, prepare: plantPassThrough });
      await join(a);
      const sent = await arriving(a.page, 5000);
      assert.ok(sent.bytesSent > 0 && sent.packetsSent > 0, JSON.stringify(sent));
    }));

  test('a member with wrong keys and a sender in the clear are seen and heard by nobody', () =>
    gathering(async (made) => {
      const [asa, wrong] = ['Åsa', 'Wrong'].map((name) => made.invite(name));
      const a = await made.open(asa);
      await join(a);
      const w = await made.open(wrong, { config: { secret: 'another' } });
      await join(w);
      const clear = await made.stock('speak');
      const [got, back] = await Promise.all([arriving(a.page), arriving(w.page)]);
      assert.equal(got.framesDecoded + back.framesDecoded, 0);
      assert.equal(got.audioEnergy + back.audioEnergy, 0);
      await tile(a, 'Wrong').getByText('no key').waitFor();
      const counts = await workerCounts(a);
      assert.ok(counts['Refused: changed, or from somebody else'] > 0, JSON.stringify(counts));
      await clear.context.close();
    }));
});

describe('what the browser or the server gets wrong', { concurrency: false }, () => {
  test('another identity than one\'s own ends the meeting before a byte is sent', () =>
    gathering(async (made) => {
      const asa = made.invite('Åsa');
      const bo = made.invite('Bo');
      const a = await made.open(asa, { identity: `${bo.me.pid}.${bo.me.dev}` });
      await a.page.getByRole('switch', { name: 'Microphone', exact: true }).waitFor();
      await a.page.locator('label').filter({ hasText: 'Camera' }).click();
      await a.page.locator('video').first().waitFor();
      await a.page.getByRole('button', { name: 'Join meeting', exact: true }).click();
      await a.page.getByText('another identity').waitFor();
      const sent = await a.page.evaluate(() => window.mediaTotals());
      assert.equal(sent.bytesSent, 0);
    }));

  test('a connection without the flag is refused at once', () =>
    gathering(async (made) => {
      const a = await made.open(made.invite('Åsa'), {
        prepare: (context) =>
          context.addInitScript(() => {
            // LiveKit's connections are the ones with this member in their configuration.
            const Real = window.RTCPeerConnection;
            window.RTCPeerConnection = class extends Real {
              constructor(configuration) {
                super(configuration?.sdpSemantics === undefined ? configuration : { ...configuration, encodedInsertableStreams: false });
              }
            };
          }),
      });
      await a.page.getByRole('button', { name: 'Join meeting', exact: true }).click();
      await a.page.getByText('media_unprotected').waitFor();
    }));

  test('a browser in which frames pass without a transform may not join', () =>
    gathering(async (made) => {
      const a = await made.open(made.invite('Åsa'), {
        prepare: (context) =>
          context.addInitScript(() => {
            const Real = window.RTCPeerConnection;
            window.RTCPeerConnection = class extends Real {
              constructor(configuration) {
                super({ ...configuration, encodedInsertableStreams: false });
              }
              getConfiguration() {
                return { ...super.getConfiguration(), encodedInsertableStreams: true };
              }
            };
          }),
      });
      await a.page.getByText('would let unencrypted picture and sound through').waitFor();
      await a.page.getByRole('button', { name: 'Join meeting', exact: true }).click();
      await a.page.getByText('browser_leaks').waitFor();
    }));

  test('a worker that does not start ends the meeting with a word', () =>
    gathering(async (made) => {
      const a = await made.open(made.invite('Åsa'), { prepare: (context) => context.route('**/media.worker-*.js', (route) => route.abort()) });
      await a.page.getByText('worker_failed').waitFor();
    }));

  test('no camera and no permission are told in words, and one can join without', () =>
    gathering(async (made) => {
      const a = await made.open(made.invite('Åsa'), {
        prepare: (context) =>
          context.addInitScript(() => {
            navigator.mediaDevices.getUserMedia = ({ video }) => Promise.reject(new DOMException('', video ? 'NotFoundError' : 'NotAllowedError'));
          }),
      });
      for (const name of ['Microphone', 'Camera']) await a.page.locator('label').filter({ hasText: name }).click();
      await a.page.getByText('does not let Samrum use the microphone').waitFor();
      await a.page.getByText('No camera was found').waitFor();
      await a.page.getByRole('button', { name: 'Join meeting', exact: true }).click();
      await a.page.getByText('the only one here').waitFor();
      await a.page.keyboard.press('v');
      await a.page.getByText('No camera was found').waitFor();
    }));
});

describe('accessibility', { concurrency: false }, () => {
  for (const [colorScheme, width] of [['light', 900], ['dark', 900], ['light', 320]]) {
    test(`axe finds nothing in ${colorScheme}, ${width} px`, () =>
      gathering(async (made) => {
        const [asa, bo] = ['Åsa Lindqvist-Öberg', 'Bo Ek'].map((name) => made.invite(name));
        const b = await made.open(bo);
        await join(b, { mic: false });
        const a = await made.open(asa, { viewport: { width, height: 700 } });
        await a.page.emulateMedia({ colorScheme });
        await a.page.getByRole('button', { name: 'Join meeting', exact: true }).waitFor();
        assert.deepEqual(await broken(a), [], 'preview');
        await join(a, { cam: false });
        await seesTile(a, bo);
        assert.deepEqual(await broken(a), [], 'meeting');
        for (const name of ['Encrypted', 'Meeting settings']) {
          await a.page.getByRole('button', { name, exact: true }).click();
          await a.page.getByRole('dialog').waitFor();
          await wait(300);
          assert.deepEqual(await broken(a), [], name);
          await a.page.keyboard.press('Escape');
        }
        await made.livekit.evict(made.meeting, `${asa.me.pid}.${asa.me.dev}`);
        await a.page.getByText('You were removed from the meeting').waitFor();
        assert.deepEqual(await broken(a), [], 'over');
      }));
  }

  test('all of it works by keyboard', () =>
    gathering(async (made) => {
      const a = await made.open(made.invite('Åsa'));
      const { page } = a;
      await page.getByRole('button', { name: 'Join meeting', exact: true }).waitFor();
      const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
      const tabTo = async (name) => {
        for (let n = 0; n < 20; n += 1) {
          await page.keyboard.press('Tab');
          if (await page.getByRole('button', { name, exact: true }).evaluate((button) => button === document.activeElement)) return;
        }
        assert.fail(`${name} is not reached; focus is at ${await focused()}`);
      };
      await tabTo('Join meeting');
      await page.keyboard.press('Enter');
      await page.getByText('the only one here').waitFor();
      assert.equal(await focused(), 'Meeting', 'focus follows into the meeting');
      await page.keyboard.press('v');
      await page.getByRole('button', { name: 'Stop video', exact: true }).waitFor();
      await page.keyboard.press('m');
      await page.getByRole('button', { name: 'Mute', exact: true }).waitFor();
      await tabTo('Mute');
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: 'Unmute', exact: true }).waitFor();
      await tabTo('Leave');
      await page.keyboard.press('Enter');
      await page.locator('#closed').waitFor();
    }));
});
