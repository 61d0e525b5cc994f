/**
 * Runs every `*.test.mjs` of this folder, each in a process of its own: two at a time, since they wait more than they compute, and
 * those that measure time or media alone. Ends with 1 if one failed.
 *
 * `node all.mjs [PART OF A NAME…]` runs only the files with such a name. `SAMRUM_READY` is the running city that some of them use.
 * Each file's lines are printed in one piece when it ends: of a good one only what it measured, of a failed one all; then a table.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What these measure depends on who else computes. */
const ALONE = new Set(['bigroom', 'media-bare', 'media-city', 'restart', 'revocation', 'tabs']);

const asked = process.argv.slice(2);
const source = (name) => readFileSync(join(import.meta.dirname, `${name}.test.mjs`), 'utf8');
// The long ones first, so that no lane waits at the end for one that the other began late; a file's length tells roughly.
const all = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.mjs'))
  .map((name) => name.slice(0, -'.test.mjs'.length))
  .sort((one, other) => source(other).length - source(one).length);
for (const name of ALONE) if (!all.includes(name)) throw new Error(`no file ${name}.test.mjs`);
const names = all.filter((name) => asked.length === 0 || asked.some((part) => name.includes(part)));
const alone = names.filter((name) => ALONE.has(name));
const together = names.filter((name) => !ALONE.has(name));
/** Those in the common city come one after the other: they share its people, and one of them stops its relay. */
const inCity = together.filter((name) => /^import \{[^}]*\bcity\b[^}]*\} from '\.\/browser\.mjs';$/m.test(source(name)));
const byThemselves = together.filter((name) => !inCity.includes(name));

const done = [];

/** Runs one file and prints what it said. */
async function run(name) {
  const since = Date.now();
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', join(import.meta.dirname, `${name}.test.mjs`)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const from of [child.stdout, child.stderr]) from.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const seconds = Math.round((Date.now() - since) / 1000);
  const tests = Number(/^ℹ tests (\d+)$/m.exec(said)?.[1] ?? 0);
  const ok = code === 0;
  done.push({ name, ok, seconds, tests });
  const measured = said.split('\n').filter((line) => /^\s*ℹ /.test(line) && !/^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(line));
  process.stdout.write(`${line({ name, ok, seconds, tests })}\n${ok ? measured.map((one) => `    ${one.trim()}\n`).join('') : `${said.trimEnd()}\n── end of ${name}\n`}`);
}

function line({ name, ok, seconds, tests }) {
  return `${ok ? 'ok    ' : 'FAILED'} ${String(seconds).padStart(4)} s  ${name} (${tests})`;
}

/** One file after the other, as long as there are any in the lists, the first list first. */
async function lane(...lists) {
  for (;;) {
    const name = lists.find((list) => list.length > 0)?.shift();
    if (name === undefined) return;
    await run(name);
  }
}

await Promise.all([lane(inCity, byThemselves), lane(byThemselves)]);
await lane(alone);

done.sort((one, other) => Number(one.ok) - Number(other.ok) || other.seconds - one.seconds);
process.stdout.write(`\n${done.map(line).join('\n')}\n`);
if (done.length !== names.length || done.length === 0 || done.some(({ ok }) => !ok)) process.exitCode = 1;
