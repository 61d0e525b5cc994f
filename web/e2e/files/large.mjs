/**
 * A file of 2 GiB there and back, and what page and relay need for it: `SAMRUM_READY=… node e2e/files/large.mjs [GiB]`. Not part of the tests:
 * it takes minutes and 6 GiB of disk.
 *
 * Chromium is driven over its own pipe and without its network tools, which would keep every body in the page's memory. Memory is the
 * resident set of the page's process (its workers are in it) and of relay's, once a second, against what they had before.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const GIB = 2 ** 30;
const size = Math.floor(Number(process.argv[2] ?? 2) * GIB);
const ready = JSON.parse(readFileSync(process.env.SAMRUM_READY, 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'samrum-large-'));
const name = `large-${randomBytes(4).toString('hex')}.bin`;
const path = join(folder, name);

/** A Chromium that speaks over its pipe: one JSON text after the other, each ended by a zero byte. */
function chromium() {
  const child = spawn('/usr/bin/chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', `--user-data-dir=${join(folder, 'profile')}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const waiting = new Map();
  let next = 1;
  let said = '';
  child.stdio[4].setEncoding('utf8').on('data', (text) => {
    const parts = (said + text).split('\0');
    said = parts.pop();
    for (const part of parts) {
      const { id, result, error } = JSON.parse(part);
      waiting.get(id)?.(result ?? Promise.reject(new Error(error.message)));
      waiting.delete(id);
    }
  });
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve) => {
      const id = next++;
      waiting.set(id, resolve);
      child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  return { child, send };
}

const { child, send } = chromium();
const { targetId } = await send('Target.createTarget', { url: `${ready.home}/?lang=en` });
const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
const run = async (expression) => {
  const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true, userGesture: true }, sessionId);
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
};
async function until(expression, ms = 30_000) {
  for (const since = Date.now(); Date.now() - since < ms; await sleep(200)) if (await run(expression)) return;
  throw new Error(`not in time: ${expression}; ${await run('document.body.innerText')}`);
}
const press = (label, inside = 'document') => run(`[...${inside}.querySelectorAll('button')].find((one) => (one.ariaLabel ?? one.textContent).startsWith(${JSON.stringify(label)})).click()`);
const type = (selector, text) =>
  run(`(() => { const field = document.querySelector(${JSON.stringify(selector)}); field.focus(); document.execCommand('selectAll'); document.execCommand('insertText', false, ${JSON.stringify(text)}); })()`);

/** Process ids whose command has all of the words. */
function processes(...words) {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && words.every((word) => command(pid).includes(word))).map(Number);
}

function command(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Anonymous and shared memory in MiB; pages of files that the kernel may drop at any time are not the process's need. */
function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return of('RssAnon') + of('RssShmem');
}

/** What `work` needed at most beyond what was there before. */
async function measured(name, pids, work) {
  const before = pids.map(memory);
  const most = pids.map(() => 0);
  const watch = setInterval(() => pids.forEach((pid, at) => (most[at] = Math.max(most[at], memory(pid) - before[at]))), 250);
  const since = Date.now();
  await work();
  clearInterval(watch);
  const seconds = (Date.now() - since) / 1000;
  process.stdout.write(`${name}: ${seconds.toFixed(0)} s, ${(size / 1e6 / seconds).toFixed(0)} MB/s; page +${most[0].toFixed(0)} MiB (from ${before[0].toFixed(0)}), relay +${most[1].toFixed(0)} MiB (from ${before[1].toFixed(0)})\n`);
}

try {
  const hash = createHash('sha256');
  const file = openSync(path, 'w');
  for (let at = 0; at < size;) {
    const part = randomBytes(Math.min(64 * 2 ** 20, size - at));
    hash.update(part);
    writeSync(file, part);
    at += part.length;
  }
  closeSync(file);
  const wanted = hash.digest('hex');

  await until("document.querySelector('input[autocomplete=username]') !== null");
  await type('input[autocomplete=username]', ready.logins[0].user);
  await type('input[type=password]', ready.logins[0].password);
  await press('Sign in');
  await until('document.querySelector(\'nav a[href*="r_"]\') !== null');
  await run('document.querySelector(\'nav a[href*="r_"]\').click()');
  await until("document.querySelector('input[type=file]') !== null");
  await until('navigator.serviceWorker.controller !== null', 20_000);
  const page = processes('--type=renderer', folder).map((pid) => [memory(pid), pid]).sort(([a], [b]) => b - a)[0][1];
  const relay = processes('samrum', ' relay')[0];
  await sleep(3000);

  await measured('upload', [page, relay], async () => {
    const { root } = await send('DOM.getDocument', {}, sessionId);
    const { nodeId } = await send('DOM.querySelector', { nodeId: root.nodeId, selector: 'input[type=file]' }, sessionId);
    await send('DOM.setFileInputFiles', { nodeId, files: [path] }, sessionId);
    await until("document.querySelector('ul[aria-label=Attachments] progress') !== null");
    await until("document.querySelector('ul[aria-label=Attachments]') !== null && document.querySelector('ul[aria-label=Attachments] progress') === null", 1_800_000);
  });
  await press('Send');
  await until(`[...document.querySelectorAll('[role=log] button')].some((one) => one.ariaLabel === 'Save ${name}')`);
  await sleep(3000);
  await send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: join(folder, 'saved') });
  await run('window.showSaveFilePicker = undefined');
  await measured('download through the service worker', [page, relay], async () => {
    await press(`Save ${name}`);
    for (const since = Date.now(); ; await sleep(500)) {
      const done = readdirSync(folder).includes('saved') && readdirSync(join(folder, 'saved')).includes(name) && statSync(join(folder, 'saved', name)).size === size;
      if (done) break;
      if (Date.now() - since > 1_800_000) throw new Error('the download takes too long');
    }
  });
  const got = createHash('sha256');
  for await (const part of createReadStream(join(folder, 'saved', name))) got.update(part);
  if (got.digest('hex') !== wanted) throw new Error('another file came out');
  process.stdout.write('the same file came out\n');
} finally {
  child.kill();
  await sleep(1000);
  rmSync(folder, { recursive: true, force: true });
}
