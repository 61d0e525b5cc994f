/**
 * Relay does not answer: who is taken out or added shows as on the way, until relay has applied it. Takes the running city from
 * `SAMRUM_READY`.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { city, launch, newRoom, person, signIn } from './browser.mjs';

const world = {};

before(async () => {
  world.city = city();
  world.browser = await launch();
});

after(async () => {
  await world.browser?.close();
});

/** The process of the city's relay, by its configuration's folder. */
function relayProcess() {
  const mine = (pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.includes('relay') && words.some((word) => word.startsWith(world.city.data.relay));
    } catch {
      return false;
    }
  };
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && mine(name));
  assert.ok(pid, 'the city has a relay');
  return Number(pid);
}

test('members on the way in and out, while relay does not answer', async () => {
  const [, owner, out, in_] = world.city.logins;
  const page = await person(world.browser, { context: { viewport: { width: 1280, height: 800 } } });
  await signIn(page, owner);
  await newRoom(page, `Väntan ${randomBytes(4).toString('hex')}`, [out.name]);
  await page.getByRole('button', { name: /^Members/ }).click();
  const panel = page.getByRole('complementary');
  await panel.getByRole('button', { name: `Change ${out.name}` }).waitFor();
  const relay = relayProcess();
  process.kill(relay, 'SIGSTOP');
  try {
    await panel.getByRole('button', { name: `Change ${out.name}` }).click();
    await page.getByRole('menuitem', { name: 'Remove from the room' }).click();
    await page.getByText('Removal on its way').waitFor();
    await page.getByRole('combobox', { name: 'Add people' }).fill(in_.name);
    await page.getByRole('option', { name: in_.name }).first().click();
    await page.getByRole('button', { name: 'Add 1 person' }).click();
    await page.getByText('Invited, on the way').waitFor();
    assert.equal(await page.getByText('Removal on its way').count(), 1);
  } finally {
    process.kill(relay, 'SIGCONT');
  }
  await page.getByText('Removal on its way').waitFor({ state: 'detached' });
  await page.getByText('Invited, on the way').waitFor({ state: 'detached' });
  await panel.getByText(in_.name).waitFor();
  assert.equal(await panel.getByText(out.name).count(), 0);
  assert.deepEqual(page.errors, []);
  await page.context().close();
});
