/**
 * The service worker against a home that answers as it should, lies, changes and goes away: what it holds, and what it serves.
 *
 * The built client (`dist/`) is served from memory with a list of files; the page is a bare one, so that nothing else speaks.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

import { launch } from './browser.mjs';

const DIST = resolve(import.meta.dirname, '../dist');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json' };
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** What this home serves, by path; `list` as it should be, until a test replaces it. */
const files = new Map();
let list;
let policy = 'first';
let broken = false;
let hangs = false;
let server;
let browser;
let context;
let page;

function listed() {
  const hashes = Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, data]) => [path, sha256(data)]));
  const lines = Object.entries(hashes).map(([path, hash]) => `${path} "${hash}"\n`);
  return { digest: sha256(lines.join('')), files: hashes };
}

function answer(request, response) {
  const path = new URL(request.url, 'http://x').pathname.slice(1) || 'index.html';
  response.setHeader('x-policy', policy);
  if (hangs) return undefined;
  if (broken) return response.writeHead(502).end('the door of a home that is away');
  if (path === 'client.json') return response.setHeader('content-type', 'application/json').end(JSON.stringify(list ?? listed()));
  if (path === 'secret') return response.setHeader('content-type', 'application/json').end('{"name": "Åsa"}');
  const data = files.get(path) ?? (path.includes('.') ? undefined : files.get('index.html'));
  if (data === undefined) return response.writeHead(404).end();
  return response.setHeader('content-type', TYPES[extname(path)] ?? TYPES['.html']).end(data);
}

const PORT = 21790;

async function homeComes() {
  server = createServer(answer).listen(PORT, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
}

async function homeGoes() {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

/** Asks the worker to hold what home serves: `{digest, files}`, or `null`. */
const hold = () =>
  page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready);
    const { port1, port2 } = new MessageChannel();
    const got = new Promise((done) => (port1.onmessage = ({ data }) => done(data)));
    active.postMessage('hold', [port2]);
    return got;
  });

const kept = () => page.evaluate(async () => Promise.all((await caches.keys()).map(async (name) => [name, (await (await caches.open(name)).keys()).length])));

before(async () => {
  for (const path of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(DIST, path)).isFile()) files.set(path, readFileSync(join(DIST, path)));
  }
  files.set('index.html', Buffer.from('<!doctype html><title>first</title>'));
  await homeComes();
  browser = await launch();
  context = await browser.newContext();
  page = await context.newPage();
  await page.goto(`http://localhost:${PORT}/`);
});

after(async () => {
  await browser?.close();
  server?.close();
});

test('what does not fit the list is not held, nor is any of that build', async () => {
  const script = [...files.keys()].find((path) => path.endsWith('.js') && path.startsWith('assets/'));
  const honest = listed();
  for (const lie of [
    { ...honest, files: { ...honest.files, [script]: sha256('something else') } }, // the digest is of another list
    (() => {
      const changed = { ...honest.files, [script]: sha256('something else') };
      return { digest: sha256(Object.entries(changed).map(([path, hash]) => `${path} "${hash}"\n`).join('')), files: changed };
    })(), // the file is another one
    { digest: honest.digest },
    { digest: honest.digest, files: {} },
    [],
  ]) {
    list = lie;
    assert.equal(await hold(), null);
    assert.deepEqual(await kept(), []);
  }
  list = undefined;
});

test('a whole build is held, and served while home is away, hangs or its door says 5xx', { timeout: 30_000 }, async () => {
  const { digest, files: names } = await hold();
  assert.equal(digest, listed().digest);
  assert.deepEqual([...names].sort(), [...files.keys()].sort());
  assert.deepEqual(await kept(), [[`samrum.client.${digest}`, files.size + 1]]);
  broken = true;
  await page.goto(`http://localhost:${PORT}/somewhere`);
  assert.equal(await page.title(), 'first');
  broken = false;
  hangs = true;
  await page.reload();
  assert.equal(await page.title(), 'first');
  hangs = false;
  await homeGoes();
  await page.reload();
  assert.equal(await page.title(), 'first');
  const script = [...files.keys()].find((path) => path.endsWith('.css'));
  assert.equal(await page.evaluate((href) => new Promise((done) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
    link.onload = () => done('loaded');
    link.onerror = () => done('lost');
    document.head.append(link);
  }), `/${script}`), 'loaded');
  await homeComes();
});

test('answers of home to the page are never kept', async () => {
  assert.equal(await page.evaluate(() => fetch('/secret').then((reply) => reply.text())), '{"name": "Åsa"}');
  const found = await page.evaluate(async () => {
    const paths = [];
    for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname.slice(1));
    return paths;
  });
  assert.deepEqual(found.filter((path) => !files.has(path)), ['client.json']);
});

test('while home is there its page is served; the page that is held follows its policy', async () => {
  policy = 'second';
  await page.reload();
  await hold();
  await homeGoes();
  assert.equal((await page.reload()).headers()['x-policy'], 'second');
  await homeComes();
});

test('a newer build replaces the one before, which stays for other tabs; older ones go', async () => {
  for (const title of ['second', 'third', 'fourth']) {
    files.set('index.html', Buffer.from(`<!doctype html><title>${title}</title>`));
    assert.equal((await hold()).digest, listed().digest);
  }
  assert.equal((await kept()).length, 2);
  await homeGoes();
  await page.reload();
  assert.equal(await page.title(), 'fourth');
});
