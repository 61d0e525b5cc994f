/** What tests of the session share: a city of their own, browser profiles and tabs in it, and a look behind relay's back. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { startCity, until } from './city.mjs';
import { pageFiles, serve } from './page.mjs';

// The page is answered from memory, which Chromium takes for another network than loopback.
export const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-features=LocalNetworkAccessChecks'];

/** Starts all of it; `stop()` ends it. */
export async function startWorld(base) {
  const [city, files] = await Promise.all([startCity(base), pageFiles('session.ts')]);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
  /** What went wrong in any page. */
  const complaints = [];

  /** A browser profile. */
  async function profile() {
    const context = await browser.newContext();
    await serve(context, city.ready.home, files);
    return context;
  }

  /** A tab of a profile: calls of the page's driver by name. */
  async function tab(context) {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.stack ?? String(error)));
    /** The page's open connections to relay. */
    const sockets = new Set();
    page.on('websocket', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await page.goto(`${city.ready.home}/at/`);
    await page.waitForFunction(() => 'samrum' in globalThis);
    const call = (name, ...args) => page.evaluate(([method, given]) => globalThis.samrum[method](...given), [name, args]);
    return new Proxy({ page, sockets }, { get: (own, name) => (name === 'then' ? undefined : name in own ? own[name] : (...args) => call(name, ...args)) });
  }

  async function signedIn(context, login, shared = false) {
    const one = await tab(context);
    const me = await one.signIn(login.user, login.password, shared);
    assert.equal(me.name, login.name);
    await online(one);
    return Object.assign(one, { me });
  }

  /** One more tab of somebody who is signed in there. */
  async function another(context) {
    const one = await tab(context);
    const me = await one.resume();
    await online(one);
    return Object.assign(one, { me });
  }

  /** The process that runs a page's scripts: the one that works when the page does. */
  async function renderer({ page }) {
    const devtools = await browser.newBrowserCDPSession();
    const times = async () => new Map((await devtools.send('SystemInfo.getProcessInfo')).processInfo.map(({ type, id, cpuTime }) => [id, type === 'renderer' ? cpuTime : -1]));
    const before = await times();
    await page.evaluate(() => { for (const until = performance.now() + 300; performance.now() < until;); });
    const worked = [...(await times())].map(([id, time]) => [time - (before.get(id) ?? time), id]).sort(([a], [b]) => b - a);
    await devtools.detach();
    return worked[0][1];
  }

  async function reloaded(one) {
    await one.page.reload();
    await one.page.waitForFunction(() => 'samrum' in globalThis);
    await one.resume();
  }

  function login(index) {
    return city.ready.logins[index];
  }

  /** A fresh group of two people, each in a profile of their own. */
  async function pair(title, first = 0, second = 1) {
    const contexts = [await profile(), await profile()];
    const anna = await signedIn(contexts[0], login(first));
    const bo = await signedIn(contexts[1], login(second));
    const room = await anna.create('group', title, [await find(anna, login(second).name)]);
    await shows(bo, room);
    return { contexts, anna, bo, room };
  }

  /** The process of a zone: a child of the launcher with that word in its command. */
  function zone(name) {
    for (const pid of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
      try {
        const parent = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]);
        if (parent === city.launcher && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(name)) return Number(pid);
      } catch { /* it ended meanwhile */ }
    }
    throw new Error(`no ${name}`);
  }

  /** One statement on relay's database, behind its back. */
  function relayDb(sql, ...values) {
    const code = 'import json,sqlite3,sys; db=sqlite3.connect(sys.argv[1], timeout=10); print(json.dumps(db.execute(sys.argv[2], json.loads(sys.argv[3])).fetchall())); db.commit()';
    return JSON.parse(execFileSync('python3', ['-c', code, `${city.ready.data.relay}/relay.db`, sql, JSON.stringify(values)], { encoding: 'utf8' }));
  }

  return {
    city, browser, files, complaints, profile, tab, signedIn, another, renderer, reloaded, login, pair, zone, relayDb,
    async stop() {
      await browser.close();
      await city.stop();
    },
  };
}

/** A person known by search, as `who` sees them. */
export async function find(who, name) {
  const found = await who.search(name);
  return found.find((one) => one.name === name).pid;
}

export async function has(who, room, text, opening = 'opened') {
  let texts;
  const there = async () => {
    texts = await who.texts(room);
    return texts.some(([, said, how]) => said === text && how === opening);
  };
  await until(there, `${text} ${opening}`).catch((error) => {
    throw new Error(`${error.message} in ${JSON.stringify(texts)}`);
  });
}

export async function shows(who, room) {
  return until(async () => (await who.rooms()).find(({ id }) => id === room), 'the room');
}

export async function online(who) {
  await until(async () => (await who.connection()) === 'online', 'online', 40_000);
}
