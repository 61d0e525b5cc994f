/** Edits, reactions, deletions, threads, mentions, jumps and who has read: between people, in a second tab, after a reload, and offline. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './city.mjs';
import { has, shows } from './world.mjs';

/** What a message looks like, in short. */
const short = ({ text, edited, deleted, reactions, replies, state }) => ({
  text, edited, deleted, state, replies: replies?.count ?? 0, reactions: reactions.map(({ emoji, count, mine }) => `${emoji}${count}${mine ? '!' : ''}`).join(' '),
});
const plain = { edited: false, deleted: null, state: 'sent', replies: 0, reactions: '' };

async function message(who, room, id) {
  return (await who.timeline(room)).messages.find((one) => one.id === id);
}

async function becomes(who, room, id, wanted) {
  let seen;
  const look = async () => {
    const found = await message(who, room, id);
    seen = found && short(found);
    return seen !== undefined && JSON.stringify(seen) === JSON.stringify({ ...seen, ...plain, ...wanted });
  };
  await until(look, 'the message').catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(seen)} is not ${JSON.stringify({ ...plain, ...wanted })}`);
  });
}

/** A way to relay for all tabs of a profile that are loaded from now on; it can be cut, and mended. */
async function cuttable(context) {
  let away = false;
  const open = new Set();
  await context.routeWebSocket(/^ws:\/\/127\.0\.0\.1/, (socket) => {
    if (away) {
      void socket.close();
      return;
    }
    socket.connectToServer();
    open.add(socket);
  });
  return {
    async cut() {
      away = true;
      for (const socket of open) await socket.close();
      open.clear();
    },
    mend() {
      away = false;
    },
  };
}

export function kinds(world) {
  test('what is said about a message comes to everybody, into every tab, and stands after a reload', { timeout: 90_000 }, async () => {
    const { contexts, anna, bo, room } = await world().pair('Om meddelanden');
    const second = await world().another(contexts[0]);
    const id = await anna.send(room, 'frist');
    for (const who of [second, bo]) await has(who, room, 'frist');
    await anna.edit(room, id, 'först');
    await bo.react(room, id, '👍');
    await second.react(room, id, '🎉');
    for (const who of [anna, second]) await becomes(who, room, id, { text: 'först', edited: true, reactions: '👍1 🎉1!' });
    await becomes(bo, room, id, { text: 'först', edited: true, reactions: '👍1! 🎉1' });
    await second.react(room, id, '👍');
    await bo.react(room, id, '👍', false);
    await becomes(bo, room, id, { text: 'först', edited: true, reactions: '🎉1 👍1' });

    // Bo may not change what Anna wrote; as a moderator he may take it away.
    await bo.edit(room, id, 'förfalskat');
    await until(async () => (await message(bo, room, id)).reason === 'not_allowed', 'refused');
    await bo.discard(room, id);
    await becomes(bo, room, id, { text: 'först', edited: true, reactions: '🎉1 👍1' });
    await bo.remove(room, id);
    await until(async () => (await message(bo, room, id)).reason === 'not_allowed', 'refused');
    await anna.change(room, { role: [{ pid: bo.me.pid, role: 'moderator' }] });
    await until(async () => (await shows(bo, room)).myRole === 'moderator', 'a moderator');
    await bo.retry(room, id);
    for (const who of [anna, second, bo]) await becomes(who, room, id, { text: '', edited: false, deleted: 'moderator' });

    const own = await second.send(room, 'mitt eget');
    await has(bo, room, 'mitt eget');
    await second.remove(room, own);
    for (const who of [anna, second, bo]) await becomes(who, room, own, { text: '', deleted: 'author' });
    await Promise.all([second, bo].map((who) => world().reloaded(who)));
    for (const who of [second, bo]) {
      await becomes(who, room, id, { text: '', deleted: 'moderator' });
      await becomes(who, room, own, { text: '', deleted: 'author' });
    }
    assert.deepEqual(world().complaints, []);
  });

  test('threads, quotes, mentions, who has read, and word of what comes', { timeout: 90_000 }, async () => {
    const { anna, bo, room } = await world().pair('Trådar');
    const root = await anna.send(room, 'Vad säger ni?');
    await has(bo, room, 'Vad säger ni?');
    const quote = { id: root, pid: anna.me.pid, text: 'Vad säger ni?' };
    const reply = await bo.say(room, { text: 'Ja', thread: root, quote, mentions: [anna.me.pid] });
    await becomes(anna, room, root, { text: 'Vad säger ni?', replies: 1 });
    assert.equal(await message(anna, room, reply), undefined);
    await until(async () => (await anna.thread(room, root)).messages.length === 2, 'the thread');
    const [, answer] = (await anna.thread(room, root)).messages;
    assert.deepEqual([answer.text, answer.thread, answer.quote, answer.mentionsMe], ['Ja', root, quote, true]);
    await anna.edit(room, root, 'Vad säger ni nu?');
    await anna.react(room, reply, '❤️');
    await until(async () => (await bo.thread(room, root)).messages.at(-1)?.reactions.length === 1, 'a reaction in the thread');
    assert.equal((await bo.thread(room, root)).messages[0].text, 'Vad säger ni nu?');
    await bo.remove(room, reply);
    await becomes(anna, room, root, { text: 'Vad säger ni nu?', edited: true });
    await until(async () => (await shows(anna, room)).mentions === 0, 'a deleted mention is none');

    await bo.say(room, { text: 'alla', mentionsAll: true });
    await until(async () => (await shows(anna, room)).mentions === 1, 'a mention');
    await has(anna, room, 'alla');
    assert.equal((await anna.timeline(room)).messages.at(-1).mentionsMe, true);
    await anna.read(room);
    await until(async () => (await shows(anna, room)).mentions === 0, 'read');
    await until(async () => (await bo.readers(room)).some(([pid, pos]) => pid === anna.me.pid && pos === 6), 'seen by Anna');
    assert.deepEqual(await anna.told(), [['Ja', true], ['alla', true]]);
    assert.deepEqual(await bo.told(), [['Vad säger ni?', true]]);
    assert.deepEqual(world().complaints, []);
  });

  test('what is written without a connection is folded before it goes; an old message is found again with all that was said of it', { timeout: 90_000 }, async () => {
    const { contexts, anna, bo, room } = await world().pair('Utan nät');
    const second = await world().another(contexts[0]);
    const stored = () => world().relayDb('SELECT count(*) FROM messages WHERE room = ?', room)[0][0];
    const first = await anna.send(room, 'nummer 0');
    for (const who of [bo, second]) await has(who, room, 'nummer 0');
    const way = await cuttable(contexts[0]);
    for (const who of [anna, second]) await world().reloaded(who);
    await until(async () => (await second.connection()) === 'online' && (await anna.connection()) === 'online', 'online');
    for (const who of [anna, second]) await has(who, room, 'nummer 0');
    await way.cut();
    await until(async () => (await second.connection()) !== 'online' && (await anna.connection()) !== 'online', 'relay is away');
    const waits = await second.send(room, 'skriet');
    await until(async () => (await message(anna, room, waits)) !== undefined, 'in the other tab');
    await anna.edit(room, waits, 'skrivet');
    await second.edit(room, waits, 'skrivet utan nät');
    const never = await anna.send(room, 'aldrig');
    await anna.remove(room, never);
    for (const on of [true, false, true]) await second.react(room, first, '👀', on);
    for (const who of [anna, second]) {
      await becomes(who, room, waits, { text: 'skrivet utan nät', state: 'waiting' });
      await becomes(who, room, first, { text: 'nummer 0', reactions: '👀1!' });
      assert.equal(await message(who, room, never), undefined);
    }
    way.mend();
    await until(async () => (await bo.texts(room)).some(([, text]) => text === 'skrivet utan nät'), 'it goes', 40_000);
    for (const who of [anna, second, bo]) {
      await becomes(who, room, waits, { text: 'skrivet utan nät' });
      await becomes(who, room, first, { text: 'nummer 0', reactions: who === bo ? '👀1' : '👀1!' });
    }
    assert.equal(stored(), 3, 'a message, another one, and a reaction');

    for (let number = 1; number <= 70; number += 1) await bo.send(room, `nummer ${number}`);
    await has(anna, room, 'nummer 70');
    const far = await world().signedIn(await world().profile(), world().login(0));
    await shows(far, room);
    await has(far, room, 'nummer 70');
    assert.equal(await message(far, room, first), undefined);
    assert.equal(await far.jump(room, 'm_aaaaaaaaaaaaaaaaaaaaaaaaaa'), false);
    assert.equal(await far.jump(room, first), true);
    await becomes(far, room, first, { text: 'nummer 0', reactions: '👀1!' });
    assert.equal((await far.timeline(room)).moreNewer, true);
    await bo.react(room, first, '🎉');
    await becomes(far, room, first, { text: 'nummer 0', reactions: '👀1! 🎉1' });
    await bo.send(room, 'det nyaste');
    await has(anna, room, 'det nyaste');
    while ((await far.timeline(room)).moreNewer) await far.newer(room);
    const texts = (await far.texts(room)).map(([, text]) => text);
    assert.deepEqual(texts, ['nummer 0', 'skrivet utan nät', ...Array.from({ length: 70 }, (_, at) => `nummer ${at + 1}`), 'det nyaste']);
    assert.deepEqual((await far.timeline(room)).gaps, []);
    await far.jump(room, first);
    await far.newest(room);
    await has(far, room, 'det nyaste');
    assert.deepEqual(world().complaints, []);
  });

  test('a profile of before knows what is about its messages, and sends what waits in it', { timeout: 60_000 }, async () => {
    const { anna, bo, room } = await world().pair('Äldre profil');
    const id = await anna.send(room, 'före');
    await has(bo, room, 'före');
    await bo.react(room, id, '👍');
    await becomes(anna, room, id, { text: 'före', reactions: '👍1' });
    const sealed = await anna.lock(JSON.stringify({ text: 'skrivet i den äldre', mentions: [bo.me.pid] }));
    const entry = { id: 'm_aaaaaaaaaaaaaaaaaaaaaaaaaa', room, order: 5, written: Date.now(), sealed, reason: null };
    await anna.page.reload();
    const before = await anna.page.evaluate(async ([name, waits]) => {
      const done = (ask) => new Promise((resolve, reject) => Object.assign(ask, { onsuccess: () => resolve(ask.result), onerror: () => reject(ask.error) }));
      const open = (made) => done(Object.assign(indexedDB.open(name, made ? 1 : undefined), made ? { onupgradeneeded: made } : {}));
      const now = await open();
      const store = now.transaction('envelopes').objectStore('envelopes');
      const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
      now.close();
      await done(indexedDB.deleteDatabase(name));
      const old = await open(({ target: { result: db } }) => {
        db.createObjectStore('envelopes');
        db.createObjectStore('outbox', { keyPath: 'id' });
        db.createObjectStore('sealed');
      });
      const change = old.transaction(['envelopes', 'outbox'], 'readwrite');
      keys.forEach((key, at) => change.objectStore('envelopes').put(values[at], key));
      await done(change.objectStore('outbox').put({ ...waits, sealed: Uint8Array.from(waits.sealed) }));
      old.close();
      return keys.filter(([of]) => of === waits.room).length;
    }, [`samrum.${anna.me.pid}`, entry]);
    assert.equal(before, 2);
    await anna.page.waitForFunction(() => 'samrum' in globalThis);
    await anna.resume();
    await has(bo, room, 'skrivet i den äldre');
    await becomes(anna, room, id, { text: 'före', reactions: '👍1' });
    assert.deepEqual((await bo.timeline(room)).messages.at(-1).mentions, [bo.me.pid]);
    const [version, about] = await anna.page.evaluate((name) => new Promise((resolve, reject) => {
      const ask = indexedDB.open(name);
      ask.onerror = reject;
      ask.onsuccess = () => {
        const keys = ask.result.transaction('about').objectStore('about').getAllKeys();
        keys.onsuccess = () => resolve([ask.result.version, keys.result]);
      };
    }), `samrum.${anna.me.pid}`);
    assert.deepEqual([version, about.filter(([of]) => of === room)], [2, [[room, id, 2]]]);
    assert.deepEqual(world().complaints, []);
  });
}
