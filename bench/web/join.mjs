/**
 * How long from the click on *Join meeting* to the first remote picture, and how soon the one inside sees the newcomer.
 *
 * Usage: SAMRUM_READY=<ready file> node bench/web/join.mjs [joins=20]. Prints one line of JSON: milliseconds, p50 and p95.
 * Each join is a fresh profile (cold cache); a second join in the same page follows (warm). Both have camera and microphone on.
 */
import { city, launch, newRoom, openRoom, person, signIn } from '../../web/e2e/browser.mjs';
import { join } from '../../web/e2e/media/checks.mjs';

const JOINS = Number(process.argv[2] ?? 20);

/** In the page: notes when *Join meeting* is clicked and when a group of that name first paints a picture. */
function watch(name) {
  window.joined = {};
  const hook = () => {
    for (const video of document.querySelectorAll(`[role="group"][aria-label="${CSS.escape(name)}"] video`)) {
      if (video.dataset.watched) continue;
      video.dataset.watched = 'yes';
      video.requestVideoFrameCallback(() => (window.joined.frame ??= performance.timeOrigin + performance.now()));
    }
  };
  new MutationObserver(hook).observe(document, { childList: true, subtree: true });
  document.addEventListener(
    'click',
    (event) => {
      if (event.target.closest?.('button')?.textContent === 'Join meeting') window.joined = { click: performance.timeOrigin + performance.now() };
    },
    true,
  );
}

function percentile(sorted, part) {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]);
}

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { n: sorted.length, p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
}

const { logins } = city();
const [host, guest] = logins;
const browser = await launch();
const context = { permissions: ['camera', 'microphone'], viewport: { width: 1280, height: 800 } };
const title = `Bench ${Date.now()}`;
const times = { cold: [], warm: [], seen: [] };
try {
  const inside = await person(browser, { context });
  await signIn(inside, host);
  await newRoom(inside, title, [guest.name]);
  await inside.getByRole('button', { name: 'Meet now' }).click();
  await join({ page: inside, name: host.name });
  await inside.evaluate(watch, guest.name);
  for (let n = 0; n < JOINS; n += 1) {
    const page = await person(browser, { context });
    await signIn(page, guest);
    await openRoom(page, title);
    await page.evaluate(watch, host.name);
    for (const kind of ['cold', 'warm']) {
      await page.getByRole('button', { name: /^Join/ }).first().click();
      await inside.evaluate(() => {
        window.joined = {};
        for (const video of document.querySelectorAll('[data-watched]')) delete video.dataset.watched;
      });
      await join({ page, name: guest.name });
      await page.waitForFunction(() => window.joined.frame !== undefined);
      await inside.waitForFunction(() => window.joined.frame !== undefined);
      const { click, frame } = await page.evaluate(() => window.joined);
      times[kind].push(frame - click);
      if (kind === 'cold') times.seen.push((await inside.evaluate(() => window.joined.frame)) - click);
      await page.getByRole('button', { name: 'Leave', exact: true }).click();
      await page.getByRole('button', { name: /^Join/ }).first().waitFor();
      await inside.getByRole('group', { name: guest.name, exact: true }).waitFor({ state: 'detached' });
    }
    await page.context().close();
  }
} finally {
  await browser.close();
}
process.stdout.write(`${JSON.stringify({ bench: 'join', unit: 'ms', cold: summary(times.cold), warm: summary(times.warm), newcomer_seen: summary(times.seen) })}\n`);
