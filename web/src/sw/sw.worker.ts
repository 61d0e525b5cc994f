/**
 * The service worker: holds the web client, so that it starts while home is away.
 *
 * It holds whole builds only, and of them only files whose SHA-256 is the one in home's list (`GET /client.json`), whose digest
 * stands in the ledger. A page comes from home as long as home answers; content-hashed files come from here. Nothing else is ever
 * kept: no answer of home's other routes, so no name, text or key. Files of messages pass through here (`stream.ts`) and leave nothing.
 * What it imports is built into its one file, since not every browser loads modules here.
 */
import type { ClientBuild } from '../wire/types';
import type { Held } from './held';
import { FILES, streamed } from './stream';

declare const self: ServiceWorkerGlobalScope;

const PREFIX = 'samrum.client.';
/** The list itself: it is kept last, and makes a build whole. */
const LIST = '/client.json';
const INDEX = '/index.html';
/** Files below are named after their content. */
const HASHED = '/assets/';
/** How long a page waits for home when a build is here. */
const PATIENCE_MS = 2000;
/** The build before may still be open in another tab. */
const BUILDS_KEPT = 2;

async function hex(data: BufferSource): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function isBuild(data: unknown): data is ClientBuild {
  if (typeof data !== 'object' || data === null) return false;
  const { digest, files } = data as Partial<ClientBuild>;
  const hashes = typeof files === 'object' ? Object.values<unknown>(files) : [];
  return [digest, ...hashes].every((one) => typeof one === 'string' && /^[0-9a-f]{64}$/.test(one)) && hashes.length > 0;
}

/** The list, if it is what its digest says. */
async function checked(text: string): Promise<ClientBuild> {
  const build: unknown = JSON.parse(text);
  if (!isBuild(build)) throw new TypeError('no list');
  const lines = Object.entries(build.files).sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, digest]) => `${path} "${digest ?? ''}"\n`);
  if ((await hex(new TextEncoder().encode(lines.join('')))) !== build.digest) throw new TypeError('another digest');
  return build;
}

/** The file as home serves it now, headers included. Throws if it is not the one in the list. */
async function fetched(path: string, digest: string | undefined): Promise<Response> {
  const answer = await fetch(`/${path}`, { cache: 'no-cache', credentials: 'omit', redirect: 'error' });
  if (!answer.ok || (await hex(await answer.clone().arrayBuffer())) !== digest) throw new TypeError('another file');
  return answer;
}

/** Whole builds, newest first. */
async function builds(): Promise<Cache[]> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX)).reverse();
  const all = await Promise.all(names.map((name) => caches.open(name)));
  const whole = await Promise.all(all.map(async (cache) => (await cache.match(LIST)) !== undefined));
  return all.filter((_, at) => whole[at]);
}

/** Fetches and verifies the build that home serves now; throws if it is not whole, and keeps nothing of it then. */
async function hold(): Promise<Held> {
  const answer = await fetch(LIST, { cache: 'no-store', credentials: 'omit', redirect: 'error' });
  if (!answer.ok) throw new TypeError('no list');
  const text = await answer.text();
  const build = await checked(text);
  const name = PREFIX + build.digest;
  const cache = await caches.open(name);
  if ((await cache.match(LIST)) === undefined) {
    try {
      for (const [path, digest] of Object.entries(build.files)) await cache.put(`/${path}`, await fetched(path, digest));
    } catch (error) {
      await caches.delete(name);
      throw error;
    }
    await cache.put(LIST, new Response(text, { headers: { 'Content-Type': 'application/json' } }));
  } else {
    // The page's policy names the other zones' addresses, and may change without the page.
    await cache.put(INDEX, await fetched(INDEX.slice(1), build.files[INDEX.slice(1)]));
  }
  const others = (await caches.keys()).filter((one) => one.startsWith(PREFIX) && one !== name);
  await Promise.all(others.slice(0, Math.max(0, others.length - BUILDS_KEPT + 1)).map((one) => caches.delete(one)));
  return { digest: build.digest, files: Object.keys(build.files) };
}

async function held(path: string): Promise<Response | undefined> {
  for (const cache of await builds()) {
    const found = await cache.match(path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Home's page; the one that is held if home does not answer, or only its door does (5xx). */
async function page(request: Request): Promise<Response> {
  const kept = await held(INDEX);
  const home = fetch(request);
  if (kept === undefined) return home;
  const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  const answer = await Promise.race([home, late]).catch(() => null);
  home.catch(() => undefined);
  return answer === null || answer.status >= 500 ? kept : answer;
}

async function file(request: Request, path: string): Promise<Response> {
  if (path.startsWith(HASHED)) return (await held(path)) ?? fetch(request);
  const answer = await fetch(request).catch(() => null);
  return answer ?? (await held(path)) ?? Response.error();
}

async function fileOf(request: Request): Promise<Response> {
  return streamed(request, await self.clients.matchAll({ type: 'window' }));
}

self.addEventListener('install', (event) => {
  event.waitUntil(self.skipWaiting());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (pathname.startsWith(FILES)) event.respondWith(fileOf(request));
  else if (request.mode === 'navigate') event.respondWith(page(request));
  // What the page itself asks home for has no destination, and is none of ours.
  else if (request.destination !== '') event.respondWith(file(request, pathname));
});

/** A click on a desktop notice: to the window that is there, or a new one. */
async function opened(href: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window' });
  const one = windows.find(({ focused }) => focused) ?? windows.find(({ visibilityState }) => visibilityState === 'visible') ?? windows[0];
  if (one === undefined) {
    await self.clients.openWindow(`/${href}`);
    return;
  }
  one.postMessage({ go: href });
  await one.focus().catch(() => undefined);
}

self.addEventListener('notificationclick', (event) => {
  const data: unknown = event.notification.data;
  const href = typeof data === 'object' && data !== null && 'href' in data ? data.href : null;
  event.notification.close();
  event.waitUntil(opened(typeof href === 'string' && href.startsWith('#/') ? href : '#/'));
});

self.addEventListener('message', (event) => {
  if (event.data !== 'hold') return; // `awake` only says that a file is passing
  const [port] = event.ports;
  event.waitUntil(
    hold().then(
      (what) => port?.postMessage(what),
      () => port?.postMessage(null),
    ),
  );
});
