/**
 * Scrolling through 100,000 messages: frames that were drawn and dropped, long tasks, and how much stands in the page.
 *
 * Usage: node bench/web/scroll.mjs [messages=100000]. Prints one line of JSON. The client runs with a session in memory (web/e2e/fixtures),
 * so that only the screen is measured; the wheel turns for some ten seconds, slowly, fast and up again, while Chromium traces its frames.
 */
import { launch, log, openRoom, person } from '../../web/e2e/browser.mjs';
import { serve } from '../../web/e2e/fixtures/serve.mjs';

const COUNT = Number(process.argv[2] ?? 100_000);
/** One turn of a wheel, px, and how many of them at what distance, ms. */
const TURNS = [
  { step: -120, times: 150, every: 16 },
  { step: -1200, times: 150, every: 16 },
  { step: 600, times: 150, every: 16 },
];

/** In the page: notes long tasks. */
function watch() {
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ type: 'longtask' });
}

/** Frames by what became of them, from the compositor's reports. */
function frames(trace) {
  const found = {};
  for (const { name, ph, args } of trace.traceEvents) {
    if (name !== 'PipelineReporter' || ph !== 'b') continue;
    const state = args?.chrome_frame_reporter?.state ?? args?.frame_reporter?.state;
    if (state !== undefined) found[state] = (found[state] ?? 0) + 1;
  }
  return found;
}

const site = await serve();
const browser = await launch();
try {
  const page = await person(browser, { home: site.url, context: { viewport: { width: 1280, height: 800 } } });
  await page.getByRole('link', { name: 'Hundratusen' }).waitFor();
  await page.evaluate((count) => window.stage.fill(count), COUNT);
  const since = performance.now();
  await openRoom(page, 'Hundratusen');
  await log(page).getByText(`Rad ${COUNT - 1}`).waitFor();
  const opened = Math.round(performance.now() - since);
  await page.waitForTimeout(1000);
  await page.evaluate(watch);
  await log(page).hover();
  await browser.startTracing(page, { categories: ['cc', 'benchmark', 'viz'] });
  for (const { step, times, every } of TURNS) {
    for (let n = 0; n < times; n += 1) {
      await page.mouse.wheel(0, step);
      await page.waitForTimeout(every);
    }
  }
  const trace = JSON.parse((await browser.stopTracing()).toString());
  const states = frames(trace);
  const drawn = (states.STATE_PRESENTED_ALL ?? 0) + (states.STATE_PRESENTED_PARTIAL ?? 0);
  const dropped = states.STATE_DROPPED ?? 0;
  const longTasks = await page.evaluate(() => window.longTasks);
  const rows = await log(page).getByRole('article').count();
  process.stdout.write(`${JSON.stringify({ what: 'scroll', messages: COUNT, opened, drawn, partial: states.STATE_PRESENTED_PARTIAL ?? 0, dropped, share: Number((dropped / (drawn + dropped)).toFixed(4)), longTasks: longTasks.length, longest: Math.max(0, ...longTasks), rows })}\n`);
} finally {
  await browser.close();
  site.close();
}
