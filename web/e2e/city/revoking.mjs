/**
 * Ends a device in the middle of a meeting with chat, and measures at another browser how long it goes on.
 *
 * The ended browser is made deaf just before: it hears neither relay nor LiveKit nor home any more and goes on sending, so what
 * stops it is what relay and LiveKit do, not its own good will.
 */
import { newRoom, openRoom, person, say, signIn } from '../browser.mjs';
import { join } from '../media/checks.mjs';
import { countConnections, until, wait } from '../media/lib.mjs';

/** How long the other browser is watched after home's answer, in ms: longer than a removal may take. */
const WATCH_MS = 2300;
/** Frames that a deaf browser still hears: answers to its own sending. */
const ANSWERS = [66, 73, 75];

/** In the page: from `window.deaf = true` on nothing comes in. The first listener of each socket stops the others. */
function deafness([relay, answers]) {
  window.deaf = false;
  window.WebSocket = class extends window.WebSocket {
    constructor(url, ...more) {
      super(url, ...more);
      const toRelay = String(url).startsWith(relay);
      const hears = ({ data }) => toRelay && data instanceof ArrayBuffer && answers.includes(new Uint8Array(data)[0]);
      for (const kind of ['message', 'close', 'error']) {
        this.addEventListener(kind, (event) => {
          if (window.deaf && !(kind === 'message' && hears(event))) event.stopImmediatePropagation();
        });
      }
    }
  };
  const ask = window.fetch;
  window.fetch = (...args) => (window.deaf ? new Promise(() => undefined) : ask(...args));
}

/** In the page: when the last frame was decoded, the last media packet came, and relay last passed on a message. */
function watching([relay, batch]) {
  window.last = { frame: 0, packet: 0, message: 0, frames: 0, messages: 0 };
  window.WebSocket = class extends window.WebSocket {
    constructor(url, ...more) {
      super(url, ...more);
      if (!String(url).startsWith(relay)) return;
      this.addEventListener('message', ({ data }) => {
        if (new Uint8Array(data)[0] !== batch) return;
        window.last.message = Date.now();
        window.last.messages += 1;
      });
    }
  };
  const look = async () => {
    const { framesDecoded, audioBytesIn, videoBytesIn } = (await window.mediaTotals?.()) ?? {};
    const { last } = window;
    const now = Date.now();
    if (framesDecoded > last.frames) last.frame = now;
    if (audioBytesIn + videoBytesIn > (last.bytes ?? 0)) last.packet = now;
    last.frames = framesDecoded ?? 0;
    last.bytes = (audioBytesIn ?? 0) + (videoBytesIn ?? 0);
    setTimeout(look, 20);
  };
  void look();
}

/** Where the city's relay is: its HTTP, and its stream on the next port. */
export function relayOf({ relay }) {
  const stream = new URL(relay);
  return { http: relay, stream: `ws://${stream.hostname}:${Number(stream.port) + 1}` };
}

/** A signed-in person in a profile of their own; `papers` fills with what home and relay gave it. */
export async function enter(browser, city, login, { prepare, script, arg } = {}) {
  // What a test plants must not come past it from the service worker's own copy.
  const serviceWorkers = prepare ? 'block' : 'allow';
  const page = await person(browser, { context: { permissions: ['camera', 'microphone'], viewport: { width: 1280, height: 800 }, serviceWorkers } });
  await page.context().addInitScript(countConnections);
  if (script) await page.context().addInitScript(script, arg);
  await prepare?.(page.context());
  const papers = {};
  page.on('response', async (response) => {
    const path = new URL(response.url()).pathname;
    if (response.request().method() !== 'POST' || !response.ok()) return;
    if (path === '/start') {
      const { grant } = await response.json();
      const { iss, sub, dev } = JSON.parse(Buffer.from(grant.split('.')[1], 'base64url').toString());
      Object.assign(papers, { grant, tenant: iss, pid: sub, dev });
    }
    if (path.endsWith('/join')) Object.assign(papers, await response.json());
  });
  await page.goto(`${city.home}/?lang=en`);
  await signIn(page, login);
  const notice = page.getByRole('button', { name: 'I have read this' });
  if (await notice.isVisible()) await notice.click();
  return { page, papers, name: login.name, login };
}

/** Steps into the meeting of a room. */
export async function meet(one, title, { start = false } = {}) {
  await openRoom(one.page, title);
  await one.page.getByRole('button', { name: start ? 'Meet now' : /^Join/ }).first().click();
  await join(one);
}

/** A request of the signed-in page itself; `at` is when home had answered, in ms since 1970. */
export function ask({ page }, path, body) {
  return page.evaluate(
    async ([url, content]) => {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(url, content === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(content) });
      const at = Date.now();
      const text = await answer.text();
      return { at, status: answer.status, body: text === '' ? null : JSON.parse(text) };
    },
    [path, body],
  );
}

/** The room where it happens: an owner inside its meeting, and another device of the person who will be ended. */
export async function stage(browser, city, [owner, ended], title) {
  const relay = relayOf(city).stream;
  const watcher = await enter(browser, city, owner, { script: watching, arg: [relay, 67] });
  const other = await enter(browser, city, ended);
  await newRoom(watcher.page, title, [ended.name]);
  await meet(watcher, title, { start: true });
  const room = await until('the room', () => watcher.page.url().match(/r_[a-z2-7]{26}/)?.[0]);
  return { browser, city, relay, title, room, watcher, other, login: ended };
}

/**
 * One ending, `revoke` (of the device, by the person's other one), `remove` (of the member, by the owner) or `nothing` (the
 * control): how many ms after home's answer the watcher decoded the last frame, got the last packet and the last message. Below
 * 0: before the answer.
 */
export async function ending(scene, how) {
  const { browser, city, relay, title, room, watcher, other, login } = scene;
  const victim = await enter(browser, city, login, { script: deafness, arg: [relay, ANSWERS] });
  await meet(victim, title);
  let talking = true;
  const talk = (async () => {
    for (let n = 0; talking; n += 1) await say(victim.page, `${how} ${n}`);
  })().catch((error) => {
    if (talking) throw error;
  });
  const before = await watcher.page.evaluate(() => ({ ...window.last }));
  await until('pictures and messages', () => watcher.page.evaluate((was) => window.last.frames > was.frames + 20 && window.last.messages > was.messages + 5, before), { ms: 30_000 });
  await victim.page.evaluate(() => (window.deaf = true));
  const { pid, dev } = victim.papers;
  const told = await {
    revoke: () => ask(other, `/devices/${dev}/revoke`, {}),
    remove: () => ask(watcher, `/rooms/${room}/members`, { remove: [pid] }),
    nothing: () => ask(other, '/devices'),
  }[how]();
  if (told.status >= 300) throw new Error(`home answers ${told.status}`);
  await wait(WATCH_MS);
  const { frame, packet, message } = await watcher.page.evaluate(() => window.last);
  talking = false;
  await talk;
  await victim.page.context().close();
  if (how === 'remove') {
    await ask(watcher, `/rooms/${room}/members`, { add: [{ pid, role: 'member' }] });
    await other.page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: title }).waitFor();
  }
  return { frame: frame - told.at, packet: packet - told.at, message: message - told.at };
}
