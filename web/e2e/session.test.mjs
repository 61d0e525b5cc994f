/** The session against a real home and relay, in Chromium, without screens. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { until } from './session/city.mjs';
import { between, falseSent } from './session/impostor.mjs';
import { serve } from './session/page.mjs';
import { find, FLAGS, has, online, shows, startWorld } from './session/world.mjs';

const BASE = Number(process.env.SAMRUM_SESSION_PORT ?? 21000);

let world;
let city;
/** The head of home's ledger that relay had at the start: number, value, statement. */
let earlyHead;

before(async () => {
  world = await startWorld(BASE);
  city = world.city;
  await until(() => witnessedHead() !== undefined, 'the first head is witnessed');
  earlyHead = witnessedHead();
}, { timeout: 180_000 });

after(() => world?.stop());

const profile = () => world.profile();
const tab = (context) => world.tab(context);
const signedIn = (context, login, shared) => world.signedIn(context, login, shared);
const login = (index) => world.login(index);
const pair = (title, first, second) => world.pair(title, first, second);
const zone = (name) => world.zone(name);
const relayDb = (sql, ...values) => world.relayDb(sql, ...values);

test('two people sign in, make a room, write, and read it again after a reload and on a second device', { timeout: 60_000 }, async () => {
  const one = await profile();
  const anna = await signedIn(one, login(0));
  const bo = await signedIn(await profile(), login(1));
  const room = await anna.create('group', 'Budget åäö', [await find(anna, login(1).name)]);
  assert.equal((await shows(anna, room)).title, 'Budget åäö');
  const seen = await shows(bo, room);
  assert.equal(seen.title, 'Budget åäö');
  assert.deepEqual(seen.members.map(({ name, role, me }) => [name, role, me]).sort(), [
    [login(0).name, 'owner', false],
    [login(1).name, 'member', true],
  ].sort());

  await anna.send(room, 'Hej Bo, kan du läsa det här?');
  await has(bo, room, 'Hej Bo, kan du läsa det här?');
  await bo.send(room, 'Ja! 🙂');
  await has(anna, room, 'Ja! 🙂');
  for (let number = 0; number < 20; number += 1) await anna.send(room, `rad ${number}`);
  await has(bo, room, 'rad 19');
  const wanted = ['Hej Bo, kan du läsa det här?', 'Ja! 🙂', ...Array.from({ length: 20 }, (_, number) => `rad ${number}`)];
  assert.deepEqual((await bo.texts(room)).map(([, text]) => text), wanted);

  await bo.page.reload();
  await bo.page.waitForFunction(() => 'samrum' in globalThis);
  assert.equal((await bo.resume()).name, login(1).name);
  await has(bo, room, 'rad 19');
  assert.deepEqual((await bo.texts(room)).map(([, text]) => text), wanted);
  await until(async () => (await bo.connection()) === 'online', 'online');
  await bo.send(room, 'efter omladdning');
  await has(anna, room, 'efter omladdning');
  assert.deepEqual((await anna.timeline(room)).gaps, []);

  const second = await signedIn(await profile(), login(0));
  assert.notEqual(await second.dev(), await anna.dev());
  await shows(second, room);
  await has(second, room, 'Hej Bo, kan du läsa det här?');
  assert.deepEqual(await second.page.evaluate(() => globalThis.samrum.reports), []);
  await second.send(room, 'från min andra dator');
  await has(anna, room, 'från min andra dator');
  await has(bo, room, 'från min andra dator');
  assert.deepEqual(world.complaints, []);
});

function witnessedHead() {
  return relayDb('SELECT n, head, jws FROM heads')[0];
}

/** Changes relay's database, and lets relay start anew. */
async function forge(...statements) {
  const pid = zone('relay');
  for (const statement of statements) relayDb(...statement);
  process.kill(pid, 'SIGTERM');
  await until(() => { try { return zone('relay') !== pid; } catch { return false; } }, 'relay starts again', 30_000);
}

test('unread, read positions and typing', { timeout: 60_000 }, async () => {
  const { anna, bo, room } = await pair('Läst');
  await anna.send(room, 'ett');
  await anna.send(room, 'två');
  await until(async () => (await shows(bo, room)).unread === 2, 'two unread');
  assert.equal((await shows(anna, room)).unread, 0);
  await has(bo, room, 'två');
  await bo.read(room);
  await until(async () => (await shows(bo, room)).unread === 0, 'none unread');
  await bo.page.reload();
  await bo.page.waitForFunction(() => 'samrum' in globalThis);
  await bo.resume();
  await online(bo);
  assert.equal((await shows(bo, room)).unread, 0);
  assert.equal((await bo.timeline(room)).readUpTo, 2);
  await has(anna, room, 'två');
  await bo.typing(room);
  await until(async () => (await anna.timeline(room)).typing.some(({ name }) => name === login(1).name), 'Bo writes');
  assert.ok((await shows(anna, room)).lastAt > Date.now() - 60_000);
});

test('relay goes away: messages wait, and go out once and in order', { timeout: 90_000 }, async () => {
  const { anna, bo, room } = await pair('Avbrott');
  await anna.send(room, 'före');
  await has(bo, room, 'före');
  process.kill(zone('relay'), 'SIGKILL');
  await until(async () => (await anna.connection()) !== 'online', 'relay away');
  for (let number = 0; number < 5; number += 1) await anna.send(room, `väntar ${number}`);
  assert.equal((await anna.texts(room)).filter(([, , , state]) => state === 'waiting').length, 5);
  // A reload in between loses nothing.
  await anna.page.reload();
  await anna.page.waitForFunction(() => 'samrum' in globalThis);
  await anna.resume();
  await has(bo, room, 'väntar 4').catch(() => has(bo, room, 'väntar 4'));
  await online(anna);
  await has(anna, room, 'väntar 4');
  for (const one of [anna, bo]) await has(one, room, 'före'); // after a reconnect the page before the news may come after them
  const wanted = ['före', ...Array.from({ length: 5 }, (_, number) => `väntar ${number}`)];
  assert.deepEqual((await bo.texts(room)).map(([, text]) => text), wanted);
  await until(async () => (await anna.texts(room)).every(([, , , state]) => state === 'sent'), 'all sent');
  assert.deepEqual((await anna.texts(room)).map(([, text]) => text), wanted);
});

test('somebody is removed: a new epoch, no word any more, and drafts with the reason', { timeout: 60_000 }, async () => {
  const { anna, bo, room } = await pair('Ut');
  const cia = await signedIn(await profile(), login(2));
  await anna.change(room, { add: [cia.me.pid] });
  await shows(cia, room);
  await anna.send(room, 'alla tre');
  await has(cia, room, 'alla tre');
  await has(bo, room, 'alla tre');
  const before = (await shows(anna, room)).version;
  await anna.change(room, { remove: [bo.me.pid] });
  await until(async () => (await shows(anna, room)).version === before + 1, 'the next version');
  await until(async () => !(await bo.rooms()).some(({ id }) => id === room), 'the room is gone for Bo');
  await anna.send(room, 'bara vi två');
  await has(cia, room, 'bara vi två');
  assert.deepEqual(await bo.send(room, 'hallå?'), { code: 'not_a_member' });
  assert.ok(!(await bo.texts(room)).some(([, text]) => text === 'bara vi två'));
  await cia.send(room, 'svar');
  await has(anna, room, 'svar');
});

test('a new key that this browser has not heard of: relay refuses, and the same message goes again under it', { timeout: 60_000 }, async () => {
  const { anna, bo, room } = await pair('Ny nyckel');
  const cia = await signedIn(await profile(), login(2));
  await anna.change(room, { add: [cia.me.pid] });
  await shows(bo, room);
  let deaf = false;
  const sent = [];
  // Neither relay's rosters nor home's hints reach Bo.
  await between(bo, (frame) => (deaf && [68, 69, 79].includes(frame[0]) ? null : frame), (frame) => {
    const at = frame[0] === 3 ? frame.indexOf('SM1') : -1;
    if (at > 0) sent.push({ epoch: frame.readUInt32BE(at + 52), seq: Number(frame.readBigUInt64BE(at + 88)), id: frame.subarray(at + 96, at + 112).toString('hex') });
    return null;
  });
  await online(bo);
  await bo.send(room, 'under den första nyckeln');
  await has(anna, room, 'under den första nyckeln');
  deaf = true;
  await anna.change(room, { remove: [cia.me.pid] });
  await bo.send(room, 'under den nya');
  await has(anna, room, 'under den nya');
  const [first, stale, again] = sent;
  assert.deepEqual([first.epoch, stale.epoch, again.epoch], [1, 1, 2]);
  assert.deepEqual([stale.seq, again.seq, again.id], [2, 2, stale.id]);
  assert.deepEqual((await anna.timeline(room)).gaps, []);
});

test('what waits while its writer is removed becomes a draft, and goes when the writer is back and wants it', { timeout: 60_000 }, async () => {
  const { anna, bo, room } = await pair('Utkast vid borttagning');
  await anna.send(room, 'före');
  await has(bo, room, 'före');
  const context = bo.page.context();
  await context.setOffline(true);
  await anna.change(room, { remove: [bo.me.pid] });
  const id = await bo.send(room, 'skrivet utan nät');
  await context.setOffline(false);
  const draft = await until(async () => (await bo.timeline(room)).messages.find((one) => one.id === id && one.state === 'draft'), 'a draft', 40_000);
  assert.deepEqual([draft.text, draft.reason], ['skrivet utan nät', 'not_a_member']);
  assert.equal(relayDb('SELECT count(*) FROM messages WHERE room = ?', room)[0][0], 1);
  await anna.change(room, { add: [bo.me.pid] });
  await shows(bo, room);
  await bo.retry(room, id);
  await has(anna, room, 'skrivet utan nät');
});

test('media keys: the same for both, not extractable; join gives a token', { timeout: 60_000 }, async () => {
  const { anna, bo, room } = await pair('Möte');
  const [one, other] = [await anna.mediaBase(room), await bo.mediaBase(room)];
  assert.equal(one.derived, other.derived);
  assert.deepEqual([one.extractable, one.epoch, one.members], [false, 1, 2]);
  const way = await anna.join(room);
  assert.match(way.meeting, /^c_/);
  assert.equal((await bo.join(room)).meeting, way.meeting);
});

test('a shared computer keeps nothing', { timeout: 60_000 }, async () => {
  const context = await profile();
  const one = await signedIn(context, login(3), true);
  const other = await signedIn(await profile(), login(4));
  const room = await one.create('direct', '', [other.me.pid]);
  await shows(other, room);
  await one.send(room, 'lämna inget kvar');
  await has(other, room, 'lämna inget kvar');
  const counts = () => one.page.evaluate(async () => {
    const out = {};
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise((resolve) => { const open = indexedDB.open(name); open.onsuccess = () => resolve(open.result); });
      for (const store of db.objectStoreNames) {
        out[store] = await new Promise((resolve) => { const ask = db.transaction(store).objectStore(store).count(); ask.onsuccess = () => resolve(ask.result); });
      }
      db.close();
    }
    return out;
  });
  assert.deepEqual(await counts(), { own: 1, chains: 0, leases: 0 });
  const dev = await one.dev();
  await one.page.reload();
  await one.page.waitForFunction(() => 'samrum' in globalThis);
  await one.resume();
  assert.equal(await one.dev(), dev);
  await has(one, room, 'lämna inget kvar');
  assert.deepEqual(await counts(), { own: 1, chains: 0, leases: 0 });
  const mine = (await one.devices()).find(({ here }) => here);
  assert.equal(mine.revoked, false);
});

test('a revoked device stops and forgets', { timeout: 60_000 }, async () => {
  const lost = await signedIn(await profile(), login(5));
  const kept = await signedIn(await profile(), login(5));
  await kept.revoke(await lost.dev());
  await until(async () => (await lost.connection()) === 'revoked', 'revoked');
  await until(async () => (await lost.page.evaluate(async () => (await indexedDB.databases()).length)) === 0, 'nothing is left');
  assert.equal(await kept.connection(), 'online');
  const again = await lost.signIn(login(5).user, login(5).password, false);
  assert.equal(again.name, login(5).name);
  assert.notEqual(await lost.dev(), (await kept.devices()).find(({ revoked }) => revoked).id);
});

test('an edited relay is seen in every room it lies about, and nothing is sent there', { timeout: 150_000 }, async () => {
  const { anna, bo, room: added } = await pair('Förfalskad');
  const mallory = await signedIn(await profile(), login(6));
  const raised = await anna.create('group', 'Upphöjd', [bo.me.pid]);
  const rolledBack = await anna.create('group', 'Tillbaka', [bo.me.pid]);
  const honest = await anna.create('group', 'Ärlig', [bo.me.pid]);
  await anna.change(rolledBack, { add: [mallory.me.pid] });
  for (const room of [added, raised, rolledBack, honest]) {
    await anna.send(room, 'äkta');
    await shows(bo, room);
    await has(bo, room, 'äkta');
  }
  const stored = (room) => relayDb('SELECT count(*) FROM messages WHERE room = ?', room)[0][0];
  await forge(
    ['INSERT INTO members (room, pid, role) VALUES (?, ?, ?)', added, mallory.me.pid, 'member'],
    ["UPDATE members SET role = 'owner' WHERE room = ? AND pid = ?", raised, bo.me.pid],
    ['UPDATE rooms SET version = 1 WHERE room = ?', rolledBack],
  );
  await online(anna);
  const trouble = async (room) => (await shows(anna, room)).trouble;
  await until(async () => (await trouble(added)) === 'relay_members_differ', 'an added member', 20_000);
  await until(async () => (await trouble(raised)) === 'relay_members_differ', 'a raised role', 20_000);
  await until(async () => (await trouble(rolledBack)) === 'relay_rolled_back', 'an old version', 20_000);
  for (const room of [added, raised, rolledBack]) {
    assert.deepEqual(await anna.send(room, 'hemligt'), { code: await trouble(room) });
    assert.equal(stored(room), 1);
  }
  assert.equal((await shows(anna, added)).members.length, 2);
  assert.equal(await trouble(honest), null);
  await anna.send(honest, 'går fram');
  await has(bo, honest, 'går fram');

  await forge(
    ['DELETE FROM members WHERE room = ? AND pid = ?', added, mallory.me.pid],
    ["UPDATE members SET role = 'member' WHERE room = ? AND pid = ?", raised, bo.me.pid],
    ['UPDATE rooms SET version = 2 WHERE room = ?', rolledBack],
  );
  for (const room of [added, raised, rolledBack]) {
    await until(async () => (await trouble(room)) === null, 'honest again', 40_000);
    await anna.send(room, 'åter äkta');
    await has(bo, room, 'åter äkta');
  }
});

test('what waits when the lie is found becomes a draft with the reason', { timeout: 120_000 }, async () => {
  const { anna, bo, room } = await pair('Utkast');
  await anna.send(room, 'äkta');
  await has(bo, room, 'äkta');
  const pid = zone('relay');
  process.kill(pid, 'SIGSTOP');
  relayDb('DELETE FROM members WHERE room = ? AND pid = ?', room, bo.me.pid);
  await anna.send(room, 'väntar');
  process.kill(pid, 'SIGKILL');
  await online(anna);
  await until(async () => (await anna.texts(room)).some(([, text, , state]) => text === 'väntar' && state === 'draft'), 'a draft', 40_000);
  const draft = (await anna.timeline(room)).messages.at(-1);
  assert.equal(draft.reason, 'relay_members_differ');
  assert.equal(relayDb('SELECT count(*) FROM messages WHERE room = ?', room)[0][0], 1);
  await anna.discard(room, draft.id);
  assert.deepEqual((await anna.texts(room)).map(([, text]) => text), ['äkta']);
});

test('home goes away: chat goes on, the rest says so, and all is well afterwards', { timeout: 90_000 }, async () => {
  const { anna, bo, room } = await pair('Hemma borta');
  await anna.send(room, 'före');
  await has(bo, room, 'före');
  await bo.send(room, 'också före');
  await has(anna, room, 'också före');
  process.kill(zone('home'), 'SIGSTOP');
  const stopped = zone('home');
  try {
    await anna.send(room, 'utan hem');
    await has(bo, room, 'utan hem');
    await bo.send(room, 'svar utan hem');
    await has(anna, room, 'svar utan hem');
  } finally {
    process.kill(stopped, 'SIGKILL');
  }
  await until(async () => (await anna.search('a')).code === 'home_away', 'home is away', 5_000).catch(() => undefined);
  await until(async () => Array.isArray(await anna.search('a')), 'home answers again', 40_000);
  await online(anna);
  const made = await anna.create('group', 'Efteråt', [bo.me.pid]);
  await shows(bo, made);
});

test('the grant is renewed every hour, though this device\'s clock jumps', { timeout: 60_000 }, async () => {
  const { anna, bo, room } = await pair('Förnyat');
  await anna.page.clock.install();
  await anna.page.reload();
  await anna.page.waitForFunction(() => 'samrum' in globalThis);
  await anna.resume();
  await online(anna);
  const renewals = [];
  anna.page.on('response', (response) => {
    if (response.url().endsWith('/grant')) renewals.push(response.status());
  });
  await anna.page.clock.fastForward('01:00:01');
  await until(() => renewals.at(-1) === 200, `a renewal: ${renewals}`);
  await anna.page.clock.runFor(1000);
  await online(anna);
  await anna.send(room, 'efter en timme');
  await anna.page.clock.runFor(1000);
  await has(bo, room, 'efter en timme');
});

test('long rooms come by pages', { timeout: 90_000 }, async () => {
  const { anna, bo, room } = await pair('Lång');
  for (let number = 0; number < 120; number += 1) await anna.send(room, `nr ${number}`);
  await has(bo, room, 'nr 119');
  const second = await signedIn(await profile(), login(1));
  await has(second, room, 'nr 119');
  // A page, and perhaps some of the newest that were fetched for the list of rooms before.
  const first = await until(async () => {
    const page = await second.timeline(room);
    return page.messages.length >= 50 && page;
  }, 'a page');
  assert.ok(first.messages.length <= 70 && first.more, `${first.messages.length} messages`);
  await second.older(room);
  await second.older(room);
  const all = await second.timeline(room);
  assert.deepEqual([all.messages.length, all.messages[0].text, all.more, all.gaps], [120, 'nr 0', false, []]);
});

test('a relay that changes, repeats or drops messages, or loses an acknowledgement', { timeout: 90_000 }, async () => {
  const { anna, bo, room } = await pair('Mellan');
  let mode = 'honest';
  let dropped = 0;
  await between(bo, (frame) => {
    if (frame[0] === 67 && mode === 'drop') {
      dropped += 1;
      return null;
    }
    if (frame[0] === 67 && mode === 'change') frame[frame.length - 1] ^= 1;
    if (frame[0] === 66 && mode === 'no ack') return null;
    if (frame[0] === 68 && mode === 'forge') frame[frame.length - 60] ^= 1;
    return frame;
  }, (frame) => (frame[0] === 3 && mode === 'false ack' ? falseSent(frame) : null));
  await online(bo);
  await bo.timeline(room);
  await anna.send(room, 'ärligt');
  await has(bo, room, 'ärligt');
  mode = 'change';
  await anna.send(room, 'ändrat');
  await until(async () => (await bo.texts(room)).some(([, , opening]) => opening === 'cannot_open'), 'a changed message does not open');
  mode = 'drop';
  await anna.send(room, 'bortkastat');
  await has(anna, room, 'bortkastat');
  await until(() => dropped === 1, 'one batch was dropped');
  mode = 'honest';
  await anna.send(room, 'efter');
  await has(bo, room, 'efter');
  await has(bo, room, 'bortkastat');
  assert.deepEqual((await bo.timeline(room)).gaps, [3], 'the changed one is missing in the numbering');

  mode = 'no ack';
  await bo.send(room, 'utan kvitto');
  await has(anna, room, 'utan kvitto');
  mode = 'honest';
  await bo.page.reload();
  await bo.page.waitForFunction(() => 'samrum' in globalThis);
  await bo.resume();
  await online(bo);
  await bo.send(room, 'nästa');
  await has(anna, room, 'nästa');
  assert.deepEqual((await anna.texts(room)).map(([, text]) => text).filter((text) => text === 'utan kvitto').length, 1);
  await until(async () => (await bo.texts(room)).every(([, , , state]) => state === 'sent'), 'nothing waits');

  mode = 'false ack';
  await bo.send(room, 'falskt kvitto');
  await until(async () => (await bo.timeline(room)).messages.some(({ text, state, reason }) => text === 'falskt kvitto' && state === 'draft' && reason === 'bad_envelope'), 'a draft');
  mode = 'honest';
  await bo.retry(room, (await bo.timeline(room)).messages.at(-1).id);
  await has(anna, room, 'falskt kvitto');

  mode = 'forge';
  await anna.change(room, { add: [await find(anna, login(2).name)] });
  await until(async () => (await shows(bo, room)).trouble === 'roster_forged', 'a forged roster');
  assert.deepEqual(await bo.send(room, 'hemligt'), { code: 'roster_forged' });
});

test('relay deletes a message and repeats another: a device that comes anew sees it', { timeout: 60_000 }, async () => {
  const { anna, bo, room } = await pair('Hål');
  for (const text of ['ett', 'två', 'tre', 'fyra']) await anna.send(room, text);
  await has(bo, room, 'fyra');
  relayDb('DELETE FROM messages WHERE room = ? AND pos = 2', room);
  const second = await signedIn(await profile(), login(1));
  await has(second, room, 'fyra');
  await until(async () => (await second.timeline(room)).gaps.join() === '3', 'the gap shows');
  relayDb('UPDATE messages SET envelope = (SELECT envelope FROM messages WHERE room = ? AND pos = 1) WHERE room = ? AND pos = 4', room, room);
  const third = await signedIn(await profile(), login(1));
  await has(third, room, 'tre');
  await until(async () => (await third.texts(room)).length === 3, 'three rows');
  assert.deepEqual((await third.texts(room)).map(([, text, opening]) => [text, opening]), [['ett', 'opened'], ['tre', 'opened'], ['', 'cannot_open']]);
});

test('what a browser profile keeps on disk shows no text, title or name', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'samrum-profile-'));
  const scan = (text) => {
    const wanted = ['utf8', 'utf16le'].map((encoding) => Buffer.from(text, encoding));
    const found = [];
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const data = readFileSync(join(entry.parentPath, entry.name));
      if (wanted.some((one) => data.includes(one))) found.push(entry.name);
    }
    return found;
  };
  const [text, title, planted] = ['text', 'rubrik', 'planterat'].map((word) => `${word}-${randomUUID()}`);
  let context = await chromium.launchPersistentContext(folder, { executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
  await serve(context, city.ready.home, world.files);
  const one = await signedIn(context, login(7));
  const other = await signedIn(await profile(), login(8));
  const room = await one.create('group', title, [other.me.pid]);
  await shows(other, room);
  await one.send(room, text);
  await has(other, room, text);
  await other.send(room, `svar ${text}`);
  await has(one, room, `svar ${text}`);
  // A message that waits is kept too, and the names are saved two seconds after they came.
  const relay = zone('relay');
  process.kill(relay, 'SIGSTOP');
  await one.send(room, `väntar ${text}`);
  await setTimeout(2_500);
  const names = await one.page.evaluate(() => new Promise((resolve) => {
    indexedDB.databases().then((all) => {
      const ask = indexedDB.open(all.map(({ name }) => name).find((name) => /^samrum\.p_/.test(name)));
      ask.onsuccess = () => {
        const sealed = ask.result.transaction('sealed').objectStore('sealed').get('names');
        sealed.onsuccess = () => { ask.result.close(); resolve(sealed.result?.length ?? 0); };
      };
    });
  }));
  assert.ok(names > 500, `names are kept, sealed: ${names} bytes`);
  await context.close();
  process.kill(relay, 'SIGCONT');
  for (const secret of [text, title, login(7).name, login(8).name]) assert.deepEqual(scan(secret), [], secret);

  context = await chromium.launchPersistentContext(folder, { executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
  await serve(context, city.ready.home, world.files);
  const again = await tab(context);
  await again.page.evaluate((what) => new Promise((resolve) => {
    const ask = indexedDB.open('planted');
    ask.onupgradeneeded = () => ask.result.createObjectStore('x').put(what, 1);
    ask.onsuccess = () => { ask.result.close(); resolve(); };
  }), planted);
  await context.close();
  assert.notDeepEqual(scan(planted), [], 'the scan finds what is planted');
  rmSync(folder, { recursive: true, force: true });
});

test('nothing was thrown', () => {
  assert.deepEqual(world.complaints, []);
});

// The last test: home and relay do not agree afterwards.
test('relay shows an old head of the ledger: an alarm, kept in mind over a reload', { timeout: 120_000 }, async () => {
  const { anna } = await pair('Bevittnat');
  await until(() => witnessedHead()[0] > earlyHead[0], 'relay witnesses what was written since', 70_000);
  const reloaded = async () => {
    await anna.page.reload();
    await anna.page.waitForFunction(() => 'samrum' in globalThis);
    await anna.resume();
    const asked = anna.page.waitForResponse((response) => response.url().includes('/ledger?after='));
    await online(anna);
    await asked;
  };
  await reloaded();
  await setTimeout(200);
  assert.equal(await anna.alarm(), null);
  relayDb('UPDATE heads SET n = ?, head = ?, jws = ?', ...earlyHead);
  await anna.page.reload();
  await anna.page.waitForFunction(() => 'samrum' in globalThis);
  await anna.resume();
  await until(async () => (await anna.alarm()) === 'relay_head_withheld', 'an alarm');
});
