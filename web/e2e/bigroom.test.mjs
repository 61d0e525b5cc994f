/** A room of 5,000 people: real home and relay, one browser. Times are asserted loosely, sizes as they must be; both are printed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, log, openRoom, person, say, signIn } from './browser.mjs';
import { startCity, until } from './session/city.mjs';
import { pageFiles, serve } from './session/page.mjs';
import { find, has, online } from './session/world.mjs';

const BASE = Number(process.env.SAMRUM_BIGROOM_PORT ?? 21560);
const MANY = 5000;
const TITLE = 'Alla i staden';
/** The invented city and people without a face up to the number, all in one room; their password is that of the first. */
const FILE = `
import json, os, sys
sys.path.insert(0, sys.argv[1])
from samrum.demo import people
city = json.loads(people.directory_file())
first = city["people"][0]
more = [dict(first, user=f"person{n}", name=f"Person {n}", may=[]) for n in range(int(sys.argv[3]) - len(city["people"]))]
city["people"] += more
city["rooms"] = [{"kind": "channel", "title": sys.argv[4], "members": [one["user"] for one in city["people"]]}]
os.makedirs(os.path.dirname(sys.argv[2]), mode=0o700, exist_ok=True)
open(sys.argv[2], "w").write(json.dumps(city))
`;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAX_REPLY = 300_000;

let city;
let browser;
let files;
const complaints = [];
/** Bytes of the largest answer of each of home's routes, and of the largest frame from relay. */
const largest = {};
const took = {};

function prepare(data) {
  execFileSync(`${ROOT}.venv/bin/python`, ['-c', FILE, `${ROOT}src`, `${data}/home/city.json`, String(MANY), TITLE]);
}

before(async () => {
  const started = Date.now();
  [city, files] = await Promise.all([startCity(BASE, prepare), pageFiles('session.ts')]);
  took.start = Date.now() - started;
  browser = await launch({ flags: ['--disable-features=LocalNetworkAccessChecks'] });
}, { timeout: 180_000 });

after(async () => {
  console.log(JSON.stringify({ ms: took, bytes: largest }));
  await browser?.close();
  await city?.stop();
});

function watch(page) {
  page.on('pageerror', (error) => complaints.push(error.stack ?? String(error)));
  page.on('response', async (response) => {
    const { pathname, origin } = new URL(response.url());
    if (origin !== city.ready.home || /^\/(at|assets)\//.test(pathname)) return;
    const size = (await response.body().catch(() => Buffer.alloc(0))).length;
    const route = `${response.request().method()} ${pathname.replace(/r_\w+/, '{room}').replace(/\d+$/, '{n}')}`;
    largest[route] = Math.max(largest[route] ?? 0, size);
  });
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      largest.frame = Math.max(largest.frame ?? 0, payload.length);
    });
  });
}

async function timed(what, work) {
  const began = performance.now();
  const answer = await work();
  took[what] = Math.round(performance.now() - began);
  return answer;
}

/** A profile with the session alone, driven by calls. */
async function driven(user) {
  const context = await browser.newContext();
  await serve(context, city.ready.home, files);
  const page = await context.newPage();
  watch(page);
  await page.goto(`${city.ready.home}/at/`);
  await page.waitForFunction(() => 'samrum' in globalThis);
  const call = (name, ...args) => page.evaluate(([method, given]) => globalThis.samrum[method](...given), [name, args]);
  const one = new Proxy({ page, context }, { get: (own, name) => (name === 'then' ? undefined : name in own ? own[name] : (...args) => call(name, ...args)) });
  const me = await one.signIn(user, city.ready.logins[0].password);
  assert.equal(me.code, undefined);
  await online(one);
  return Object.assign(one, { me });
}

const roomOf = async (who) => until(async () => (await who.rooms()).find(({ title }) => title === TITLE), 'the room', 20_000);
const sent = (who, room, text) => until(async () => (await who.texts(room)).some(([, said, , state]) => said === text && state === 'sent'), `${text} is sent`, 20_000);

test('a member of thousands signs in, opens the room, writes and finds a colleague', { timeout: 60_000 }, async () => {
  const page = await person(browser, { home: city.ready.home });
  watch(page);
  await timed('sign in', () => signIn(page, city.ready.logins[0]));
  await timed('open room', async () => {
    await openRoom(page, TITLE);
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
  });
  await timed('send', async () => {
    await say(page, 'Hej allihop');
    await log(page).getByText('Hej allihop').waitFor();
  });
  assert.ok(largest['POST /start'] < MAX_REPLY && largest.frame < MAX_REPLY);
  assert.equal(largest['GET /rooms/{room}/members'], undefined, 'the list is not needed to read and write');
  await page.getByRole('button', { name: 'Members (5000)' }).click();
  await timed('members', () => page.getByText('5000 members', { exact: true }).last().waitFor());
  const items = page.getByRole('group', { name: 'Members' }).getByRole('listitem');
  await items.first().getByText('Agnieszka Wójcik').waitFor();
  assert.ok((await items.count()) < 60, 'only those in sight are in the page');
  assert.equal(await items.first().getAttribute('aria-setsize'), '5000');
  await page.getByRole('group', { name: 'Members' }).evaluate((list) => { list.scrollTop = list.scrollHeight; });
  await items.getByText('Östen', { exact: false }).or(items.getByText('Åsa Lindström')).first().waitFor();
  await page.getByRole('searchbox', { name: 'Find a member' }).fill('person 4711');
  await timed('search', () => page.getByText('1 found').waitFor());
  assert.equal(await items.count(), 1);
  await page.getByRole('button', { name: 'Change Person 4711' }).click();
  await page.getByRole('menuitem', { name: 'Make moderator' }).click();
  await items.getByText('Moderator').waitFor();
  assert.deepEqual(page.errors, []);
  assert.deepEqual(await page.reports(), []);
  await page.context().close();
});

test('a device that begins from a later snapshot opens what a former member wrote', { timeout: 90_000 }, async () => {
  const asa = await driven(city.ready.logins[0].user);
  const gone = await driven('person17');
  const { id: room } = await roomOf(gone);
  await gone.send(room, 'Jag slutar snart');
  await sent(gone, room, 'Jag slutar snart');
  await has(asa, room, 'Jag slutar snart');
  const remove = async (people) => {
    const changed = await asa.change(room, { remove: people });
    assert.equal(changed?.code, undefined);
  };
  const extra = await find(asa, 'Person 18');
  await timed('remove one', () => remove([extra]));
  await timed('add one', () => asa.change(room, { add: [extra] }));
  await timed('remove one of many', () => remove([gone.me.pid]));
  await until(async () => (await gone.rooms()).every(({ id }) => id !== room), 'is out');
  const many = [];
  for (let skip = 0; many.length < 600; skip += 200) {
    const { people } = await asa.people(room, 'person 1', skip, 200);
    many.push(...people.map(({ pid }) => pid));
  }
  await timed('remove 600', () => remove(many));
  await asa.send(room, 'Nu är vi färre');
  await sent(asa, room, 'Nu är vi färre');

  const other = await driven('person4000');
  const shown = await roomOf(other);
  assert.equal(shown.count, MANY - 601);
  assert.deepEqual(shown.members.map(({ pid }) => pid), [other.me.pid], 'nobody else is asked for');
  await has(other, room, 'Nu är vi färre');
  await has(other, room, 'Jag slutar snart');
  await has(other, room, 'Hej allihop');
  const authors = async () => (await other.texts(room)).map(([name]) => name).join();
  await until(async () => (await authors()) === 'Åsa Lindström,Person 17,Åsa Lindström', 'names come without the list');
  await timed('send from a snapshot', async () => {
    await other.send(room, 'Jag är kvar');
    await sent(other, room, 'Jag är kvar');
  });
  await has(asa, room, 'Jag är kvar');
  // Who was an owner before the snapshot is asked for when it matters: this deletion counts.
  const { id } = (await asa.timeline(room)).messages.find(({ text }) => text === 'Jag slutar snart');
  await asa.remove(room, id);
  await timed('a deletion by who led before', () => until(async () => (await other.timeline(room)).messages.find((one) => one.id === id).deleted === 'moderator', 'taken away'));
  assert.equal(largest['GET /rooms/{room}/members'], undefined);

  await timed('whole list', () => until(async () => (await other.mediaBase(room)).members === MANY - 601, 'the whole list, which a meeting needs', 20_000));
  for (const [route, size] of Object.entries(largest)) assert.ok(size < MAX_REPLY, `${route}: ${size}`);
  for (const [what, ms] of Object.entries(took)) assert.ok(ms < 15_000 || what === 'start', `${what}: ${ms} ms`);
  assert.deepEqual(complaints, []);
});
