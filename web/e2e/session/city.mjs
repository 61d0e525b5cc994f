/** A city of its own for a test file: `samrum up` in a fresh folder, stopped at the end. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const READY_MS = 120_000;

/** `{ready, folder, stop()}`; `ready` is the launcher's ready file. `prepare` gets the data's folder before anything starts. */
export async function startCity(base, prepare = () => undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'samrum-session-'));
  prepare(join(folder, 'data'));
  const file = join(folder, 'ready.json');
  const args = ['-m', 'samrum', 'up', '--city', 'demo', '--port-base', String(base), '--data', join(folder, 'data'), '--ready-file', file];
  const env = { ...process.env, PYTHONPATH: join(ROOT, 'src') };
  const child = spawn(join(ROOT, '.venv/bin/python'), args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (data) => (said += data));
  child.stderr.on('data', (data) => (said += data));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (const since = Date.now(); !existsSync(file); await sleep(100)) {
    if (child.exitCode !== null || Date.now() - since > READY_MS) {
      child.kill('SIGINT');
      throw new Error(`the city did not start: ${said}`);
    }
  }
  return {
    ready: JSON.parse(readFileSync(file, 'utf8')),
    folder,
    launcher: child.pid,
    async stop() {
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Calls `look` until it gives something, or throws with what it gave last. */
export async function until(look, what, ms = 20_000) {
  let last;
  for (const since = Date.now(); Date.now() - since < ms; await sleep(50)) {
    last = await look();
    if (last) return last;
  }
  throw new Error(`not within ${ms} ms: ${what} (${JSON.stringify(last)})`);
}
