/**
 * How long an ended device goes on at another browser, after home's answer: last frame decoded, last packet, last message accepted.
 *
 * Usage: SAMRUM_READY=<ready file> node bench/web/revocation.mjs [runs=20]. Half of the runs revoke a device, half remove a member.
 * Prints one line of JSON: ms, median and maximum (below 0: it had ended before home answered). Ends with 1 if a maximum is above 2 s.
 */
import { city, launch } from '../../web/e2e/browser.mjs';
import { ending, stage } from '../../web/e2e/city/revoking.mjs';

const RUNS = Number(process.argv[2] ?? 20);
const LIMIT_MS = 2000;

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], max: sorted.at(-1) };
}

const browser = await launch();
const found = { revoke: [], remove: [] };
try {
  const scene = await stage(browser, city(), city().logins, `Bench ${Date.now()}`);
  for (let n = 0; n < RUNS; n += 1) {
    const how = n % 2 === 0 ? 'revoke' : 'remove';
    found[how].push(await ending(scene, how));
  }
} finally {
  await browser.close();
}
const all = [...found.revoke, ...found.remove];
const of = (runs) => Object.fromEntries(['frame', 'packet', 'message'].map((what) => [what, summary(runs.map((run) => run[what]))]));
process.stdout.write(`${JSON.stringify({ bench: 'revocation', unit: 'ms', n: all.length, ...of(all), revoke: of(found.revoke), remove: of(found.remove) })}\n`);
if (Object.values(of(all)).some(({ max }) => max > LIMIT_MS)) process.exitCode = 1;
