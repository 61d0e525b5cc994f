/** Several tabs of one device: all are used, one leads, and another takes over within a second however the leader ends. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { encode } from '@msgpack/msgpack';
import { until } from './session/city.mjs';
import { between } from './session/impostor.mjs';
import { kinds } from './session/kinds.mjs';
import { has, online, shows, startWorld } from './session/world.mjs';

const BASE = Number(process.env.SAMRUM_TABS_PORT ?? 21600);
/** From the leader's end until another tab is connected. */
const TAKEN_MS = 1_000;

let world;

before(async () => {
  world = await startWorld(BASE);
}, { timeout: 180_000 });

after(() => world?.stop());

test('every tab reads, writes, types and marks as read; one connection carries them', { timeout: 60_000 }, async () => {
  const { contexts, anna, bo, room } = await world.pair('Flikar');
  let sockets = 0;
  contexts[0].on('page', (page) => page.on('websocket', () => (sockets += 1)));
  const second = await world.another(contexts[0]);
  const third = await world.another(contexts[0]);
  await anna.send(room, 'från den första');
  await second.send(room, 'från den andra');
  await third.send(room, 'från den tredje');
  for (const who of [anna, second, third, bo]) for (const text of ['från den första', 'från den andra', 'från den tredje']) await has(who, room, text);
  await bo.send(room, 'svar till alla');
  for (const who of [anna, second, third]) await has(who, room, 'svar till alla');
  await until(async () => (await shows(second, room)).unread === 1, 'one unread');
  await third.read(room);
  for (const who of [anna, second, third]) await until(async () => (await shows(who, room)).unread === 0, 'read in every tab');
  await second.typing(room);
  await until(async () => (await bo.timeline(room)).typing.length === 1, 'a following tab types');
  await bo.typing(room);
  for (const who of [anna, second, third]) await until(async () => (await who.timeline(room)).typing.length === 1, 'who writes is seen in every tab');
  assert.match((await third.join(room)).meeting, /^c_/);
  const made = await third.create('group', 'Gjort i den tredje', [bo.me.pid]);
  for (const who of [anna, second, bo]) await shows(who, made);
  assert.equal(sockets, 0, 'the other tabs open no connection');
  for (const who of [anna, second, third]) {
    assert.equal(await who.connection(), 'online');
    const { messages, gaps } = await who.timeline(room);
    assert.deepEqual([messages.length, gaps, messages.filter(({ state }) => state !== 'sent')], [4, [], []]);
  }
});

kinds(() => world);

/** The tab that holds the connection. */
function leading(tabs) {
  return until(() => {
    const connected = tabs.filter(({ sockets }) => sockets.size > 0);
    return connected.length === 1 && connected[0];
  }, 'one tab leads');
}

let wakeUp = () => undefined;

/** How a tab may end; each gives what ends it. */
const ENDS = {
  closed: (one) => () => one.page.close(),
  navigated: (one) => () => one.page.goto('about:blank'),
  killed: async (one) => {
    const pid = await world.renderer(one);
    return () => process.kill(pid, 'SIGKILL');
  },
  hung: async (one) => {
    const pid = await world.renderer(one);
    wakeUp = () => process.kill(pid, 'SIGCONT');
    return () => process.kill(pid, 'SIGSTOP');
  },
  busy: (one) => () => {
    one.page.evaluate(() => { for (const until = Date.now() + 3_000; Date.now() < until;); }).catch(() => undefined);
  },
};

test('another tab takes over within a second, however the leading one ends; what is written meanwhile arrives', { timeout: 120_000 }, async (t) => {
  const { contexts, anna, bo, room } = await world.pair('Arv');
  await bo.timeline(room);
  let tabs = [anna, await world.another(contexts[0])];
  for (const [how, prepare] of Object.entries(ENDS)) {
    await t.test(how, async () => {
      tabs.push(await world.another(contexts[0]));
      const leader = await leading(tabs);
      const others = tabs.filter((one) => one !== leader);
      const end = await prepare(leader);
      const text = `efter att den första ${how}`;
      const seen = bo.seen(room, text);
      const ended = Date.now();
      await end();
      assert.match(await others[0].send(room, text), /^m_/);
      const took = (await seen) - ended;
      t.diagnostic(`${how}: ${Math.round(took)} ms until the next tab's message was read`);
      assert.ok(took < TAKEN_MS, `${took} ms`);
      for (const one of others) await online(one);
      await until(async () => (await others[1].texts(room)).at(-1)?.[1] === text, 'the third tab goes on too');
      wakeUp();
      if (how !== 'busy' && how !== 'hung') tabs = others;
      for (const one of tabs) await has(one, room, text);
    });
  }
});

test('tabs write while one leading tab after the other is killed: nothing is lost, doubled, or out of order', { timeout: 120_000 }, async () => {
  const { contexts, anna, bo, room } = await world.pair('Ström');
  const writers = [await world.another(contexts[0]), await world.another(contexts[0])];
  const wanted = [[], []];
  let going = true;
  const write = async (one, index) => {
    for (let number = 0; going; number += 1) {
      const text = `${index}:${number}`;
      assert.match(await one.send(room, text), /^m_/);
      wanted[index].push(text);
      await setTimeout(10);
    }
  };
  let doomed = anna;
  // Only the tabs that write are there to inherit; a third one comes and steals the lead, and is killed in the midst of it.
  const killing = async () => {
    for (let round = 0; round < 4; round += 1) {
      await setTimeout(250);
      if (round > 0) {
        doomed = await world.another(contexts[0]);
        await doomed.useHere();
        await until(() => doomed.sockets.size > 0, 'it leads');
        await setTimeout(100);
      }
      process.kill(await world.renderer(doomed), 'SIGKILL');
    }
    await setTimeout(250);
    going = false;
  };
  await Promise.all([...writers.map(write), killing()]);
  const all = wanted.flat();
  assert.ok(all.length > 50, `${all.length} messages`);
  for (const who of [...writers, bo]) {
    const texts = await until(async () => {
      await who.older(room);
      const { messages, more } = await who.timeline(room);
      return !more && messages.length >= all.length && messages.every(({ state }) => state === 'sent') && messages.map(({ text }) => text);
    }, 'everything arrived', 20_000).catch(async (error) => {
      const { messages, more, loading } = await who.timeline(room);
      const missing = all.filter((text) => !messages.some((one) => one.text === text));
      throw new Error(`${error.message}: ${JSON.stringify({ all: all.length, here: messages.length, more, loading, missing, connection: await who.connection() })}`);
    });
    assert.deepEqual([...texts].sort(), [...all].sort(), 'once each');
    for (const list of wanted) assert.deepEqual(texts.filter((text) => list.includes(text)), list, 'in the order of writing');
    assert.deepEqual((await who.timeline(room)).gaps, []);
  }
});

test('what may not go is a draft in every tab, and any of them decides on it', { timeout: 60_000 }, async () => {
  const { contexts, anna, bo, room } = await world.pair('Utkast');
  const second = await world.another(contexts[1]);
  for (const who of [bo, second]) await who.timeline(room);
  await contexts[1].setOffline(true);
  await anna.change(room, { remove: [bo.me.pid] });
  const [kept, dropped] = [await second.send(room, 'behålls'), await second.send(room, 'kastas')];
  await contexts[1].setOffline(false);
  const drafts = async (who) => (await who.timeline(room)).messages.filter(({ state, reason }) => state === 'draft' && reason === 'not_a_member').map(({ id }) => id);
  for (const who of [bo, second]) await until(async () => (await drafts(who)).length === 2, 'two drafts', 30_000);
  await second.discard(room, dropped);
  for (const who of [bo, second]) await until(async () => (await drafts(who)).join() === kept, 'one draft');
  await anna.change(room, { add: [bo.me.pid] });
  for (const who of [bo, second]) await shows(who, room);
  await second.retry(room, kept);
  for (const who of [anna, bo, second]) await has(who, room, 'behålls');
  for (const who of [bo, second]) assert.deepEqual((await who.texts(room)).map(([, text, , state]) => [text, state]), [['behålls', 'sent']]);
});

test('a copy of the whole profile connects: every tab says so, and any of them takes the connection back', { timeout: 60_000 }, async () => {
  const { contexts, anna, bo, room } = await world.pair('Kopia');
  let replace = false;
  await between(anna, (frame) => (replace ? Buffer.from([74, ...encode({ code: 'replaced' })]) : frame));
  await online(anna);
  const second = await world.another(contexts[0]);
  assert.equal(second.sockets.size, 0, 'the first leads, over a socket that this test answers');
  replace = true;
  await bo.send(room, 'till kopian');
  for (const one of [anna, second]) await until(async () => (await one.connection()) === 'replaced', 'replaced');
  assert.match(await second.send(room, 'väntar'), /^m_/);
  await setTimeout(1_500);
  assert.equal(await anna.connection(), 'replaced', 'it does not come back by itself');
  assert.ok(!(await bo.texts(room)).some(([, text]) => text === 'väntar'));
  await second.useHere();
  await has(bo, room, 'väntar');
  for (const one of [anna, second]) {
    await online(one);
    await has(one, room, 'till kopian');
    await has(one, room, 'väntar');
  }
});

test('signing out in one tab, and revoking the device, ends all its tabs and leaves nothing', { timeout: 60_000 }, async () => {
  for (const end of ['signed_out', 'revoked']) {
    const context = await world.profile();
    const first = await world.signedIn(context, world.login(2));
    const second = await world.another(context);
    const third = await world.another(context);
    const elsewhere = await world.signedIn(await world.profile(), world.login(2));
    if (end === 'signed_out') assert.equal(await second.signOut(), undefined);
    else await elsewhere.revoke(await first.dev());
    for (const one of [first, second, third]) await until(async () => (await one.connection()) === end, end);
    await until(async () => (await third.page.evaluate(async () => (await indexedDB.databases()).length)) === 0, 'nothing is left');
    assert.equal(await elsewhere.connection(), 'online');
  }
});

test('nothing was thrown', () => {
  assert.deepEqual(world.complaints, []);
});
