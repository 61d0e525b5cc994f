/**
 * What must hold in any meeting, asked of browsers by what people see and by what their connections count.
 *
 * A person is `{page, name}`, the page in the meeting with `?lang=en`. Numbers come from `countConnections` (lib.mjs), which every
 * page got before it loaded.
 */
import assert from 'node:assert/strict';
import { arriving, until, wait } from './lib.mjs';

export const FRAMES = 50;

const button = (person, name) => person.page.getByRole('button', { name, exact: true });

/** Joins from the preview, with microphone and camera as asked. */
export async function join(person, { mic = true, cam = true } = {}) {
  const { page } = person;
  for (const [name, on] of [['Microphone', mic], ['Camera', cam]]) {
    const toggle = page.getByRole('switch', { name, exact: true });
    await toggle.waitFor();
    if ((await toggle.isChecked()) !== on) await page.locator('label').filter({ has: toggle }).click();
  }
  if (cam) await page.locator('video').first().waitFor();
  await button(person, 'Join meeting').click();
  await button(person, 'Leave').waitFor();
}

/** The tile of a participant, by the display name. */
export function tile(viewer, name) {
  return viewer.page.getByRole('group', { name, exact: true });
}

/** `viewer` sees a moving picture in `shown`'s own tile. */
export async function seesTile(viewer, shown) {
  await until(
    `${viewer.name} has a picture of ${shown.name}`,
    () => tile(viewer, shown.name).locator('video').evaluate((video) => video.srcObject !== null && video.videoWidth > 2 && video.currentTime > 0).catch(() => false),
  );
}

/** At least 50 frames decoded and sound heard in 5 s, by every one of `people`, nothing of it without the flag. */
export async function allReceive(people, { video = true, audio = true } = {}) {
  const all = await Promise.all(people.map(({ page }) => arriving(page)));
  for (const [at, got] of all.entries()) {
    const { name } = people[at];
    if (video) assert.ok(got.framesDecoded >= FRAMES, `${name} decoded ${got.framesDecoded} frames`);
    if (audio) assert.ok(got.audioEnergy > 0, `${name} heard ${got.audioEnergy}`);
    assert.ok(got.flags.length > 0 && got.flags.every((flag) => flag), `${name}'s connections carry the flag`);
  }
}

export async function bothWays(a, b) {
  await seesTile(a, b);
  await seesTile(b, a);
  await allReceive([a, b]);
}

/** Muted is silent at the other end, and unmuted is heard again. */
export async function muting(a, b) {
  await button(a, 'Mute').click();
  await button(a, 'Unmute').waitFor();
  await tile(b, a.name).getByRole('img', { name: 'Microphone off' }).waitFor();
  await wait(700);
  const silent = await arriving(b.page, 2500);
  assert.ok(silent.audioEnergy < 1e-4, `${b.name} hears a muted microphone: ${silent.audioEnergy}`);
  await button(a, 'Unmute').click();
  await button(a, 'Mute').waitFor();
  await allReceive([a, b]);
}

/** A stopped camera is off (its light too), and one started again is seen. */
export async function camera(a, b) {
  const own = tile(a, a.name).locator('video');
  await own.evaluate((video) => (window.ownCamera = video.srcObject.getVideoTracks()[0]));
  await button(a, 'Stop video').click();
  await button(a, 'Start video').waitFor();
  await tile(b, a.name).locator('video').waitFor({ state: 'detached' });
  assert.equal(await a.page.evaluate(() => window.ownCamera.readyState), 'ended', 'the camera itself is off');
  await button(a, 'Start video').click();
  await button(a, 'Stop video').waitFor();
  await bothWays(a, b);
}

/** A small tile gets a small layer and a large one the large layer, and the picture goes on. */
export async function layerSwitch(viewer, shown) {
  const before = viewer.page.viewportSize();
  await seesTile(viewer, shown);
  const width = () => tile(viewer, shown.name).locator('video').evaluate((video) => video.videoWidth);
  await until('the large layer', async () => (await width()) >= 640, { ms: 20_000 });
  await viewer.page.setViewportSize({ width: 320, height: 640 });
  await until('the small layer', async () => (await width()) <= 320, { ms: 20_000 });
  await allReceive([viewer]);
  await viewer.page.setViewportSize(before);
  await until('the large layer again', async () => (await width()) >= 640, { ms: 20_000 });
  await allReceive([viewer]);
}

/** Shares the screen; the others see a large tile of it; it ends. */
export async function screenShare(a, b) {
  await button(a, 'Share screen').click();
  await button(a, 'Stop sharing').waitFor();
  await seesTile(b, { name: `Screen of ${a.name}` });
  await button(a, 'Stop sharing').click();
  await button(a, 'Share screen').waitFor();
  await tile(b, `Screen of ${a.name}`).waitFor({ state: 'detached' });
}

/** What the encryption panel says the worker counted, by its English words. */
export async function workerCounts(person) {
  await button(person, 'Encrypted').click();
  const list = person.page.getByRole('dialog').locator('dl');
  await list.waitFor();
  const counts = await list.evaluate((dl) =>
    Object.fromEntries([...dl.querySelectorAll('dt')].map((dt) => [dt.textContent, Number(dt.nextElementSibling.textContent.replace(/\D/g, ''))])),
  );
  await person.page.keyboard.press('Escape');
  return counts;
}

/** No page was told off by its policy, and none threw. */
export async function noReports(people) {
  for (const { page, name, errors } of people) {
    assert.deepEqual(await page.evaluate(() => window.policyReports), [], `${name}'s policy reports`);
    assert.deepEqual(errors, [], `${name}'s errors`);
  }
}

/** The worker that lets everything through, as a test plants it in the place of ours. It exists nowhere else. */
const PASS_THROUGH = `
addEventListener('rtctransform', ({ transformer }) => transformer.readable.pipeTo(transformer.writable).catch(() => undefined));
`;

export async function plantPassThrough(context) {
  let planted = 0;
  await context.route('**/media.worker-*.js', (route) => {
    planted += 1;
    // A page under COEP takes no worker without it.
    const headers = { 'Content-Type': 'text/javascript', 'Cross-Origin-Embedder-Policy': 'require-corp', 'Cross-Origin-Resource-Policy': 'same-origin' };
    return route.fulfill({ body: PASS_THROUGH, headers });
  });
  return () => planted;
}
