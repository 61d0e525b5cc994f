/**
 * What a hostile relay can try, row by row (docs/hostile-relay.md). Each test begins with the same steps without the attack, so that it is the attack
 * which makes the difference. Cia and Anna have an honest relay; between Bo and the real one stands `hostile/relay.mjs`.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { again, bytesOf, headOf, hostile, invented } from './hostile/relay.mjs';
import { until } from './session/city.mjs';
import { has, online, shows, startWorld } from './session/world.mjs';

let world;
let anna;
let bo;
let cia;
let relay;
before(async () => {
  world = await startWorld(Number(process.env.SAMRUM_HOSTILE_PORT ?? 21800));
  [anna, bo, cia] = await Promise.all([0, 1, 2].map(async (index) => world.signedIn(await world.profile(), world.login(index))));
  relay = await hostile(bo);
  await online(bo);
}, { timeout: 180_000 });

after(() => world?.stop());

beforeEach(async () => {
  relay.honest();
  relay.mend();
  await online(bo);
});

const stored = (room) => world.relayDb('SELECT count(*) FROM messages WHERE room = ?', room)[0][0];
const trouble = async (room) => (await shows(bo, room)).trouble;
const texts = async (who, room) => (await who.texts(room)).map(([, text]) => text);
const openings = async (room) => (await bo.texts(room)).map(([, text, opening]) => [text, opening]);
const hash = (env) => createHash('sha256').update(env).digest();
const one = (room, text) => until(async () => (await bo.timeline(room)).messages.find((message) => message.text === text), text);
const state = (room, text, wanted) => until(async () => {
  const message = await one(room, text);
  return message.state === wanted && message;
}, `${text} ${wanted}`, 20_000);

/** Bo's device has kept the envelope that stands there: what is written shows at once, so that its text alone proves nothing. */
async function keeps(room, pos) {
  const look = () => bo.page.evaluate(([name, key]) => new Promise((resolve, reject) => {
    const ask = indexedDB.open(name);
    ask.onerror = reject;
    ask.onsuccess = () => {
      const found = ask.result.transaction('envelopes').objectStore('envelopes').count(key);
      found.onsuccess = () => { ask.result.close(); resolve(found.result === 1); };
    };
  }), [`samrum.${bo.me.pid}`, [room, pos]]);
  await until(look, `the envelope at ${pos}`);
  await until(async () => (await bo.timeline(room)).messages.every((message) => message.state === 'sent'), 'all sent');
}

/** A room of Anna and Bo (and more) in which both have written: the control. */
async function talk(title, ...more) {
  const room = await anna.create('group', title, [bo.me.pid, ...more.map(({ me }) => me.pid)]);
  await shows(bo, room);
  await bo.timeline(room);
  await anna.send(room, 'hej');
  await has(bo, room, 'hej');
  await bo.send(room, 'hej själv');
  await has(anna, room, 'hej själv');
  await has(bo, room, 'hej själv');
  await keeps(room, 2);
  assert.deepEqual([await trouble(room), (await bo.timeline(room)).gaps, stored(room)], [null, [], 2]);
  return room;
}

/** The room refuses with its word, keeps nothing secret from its reader, and relay gets nothing. */
async function refuses(room, code) {
  await until(async () => (await trouble(room)) === code, code, 20_000);
  const before = relay.sent(room).length;
  assert.deepEqual(await bo.send(room, 'hemligt'), { code });
  assert.equal(relay.sent(room).length, before);
}

test('messages in another order, twice, of another room, or written by relay itself: none is shown as genuine', { timeout: 60_000 }, async () => {
  const other = await talk('Annat rum');
  const room = await talk('Ordning');
  const foreign = relay.told.find(([kind, body]) => kind === 'Batch' && body.room === other)[1].env[0];
  const held = [];
  relay.toPage = (kind, body) => {
    if (kind !== 'Batch' || body.room !== room) return body;
    held.push(...body.env);
    return held.length < 2 ? null : [['Batch', { room, pos: 3, env: [held[1], held[0]] }]];
  };
  await anna.send(room, 'först');
  await anna.send(room, 'sedan');
  await has(bo, room, 'sedan');
  relay.honest();
  relay.push('Batch', { room, pos: 5, env: [held[1], foreign, invented(held[1])] });
  await until(async () => (await openings(room)).length === 7, 'seven rows');
  assert.deepEqual(await openings(room), [['hej', 'opened'], ['hej själv', 'opened'], ['sedan', 'opened'], ['', 'cannot_open'], ['', 'cannot_open'], ['', 'cannot_open'], ['', 'cannot_open']]);
  assert.deepEqual((await bo.timeline(room)).gaps, [3]);
});

test('a room whose beginning is kept back, with other positions: the first number tells', { timeout: 60_000 }, async () => {
  await talk('Början');
  const room = await anna.create('group', 'Utan början', [bo.me.pid]);
  relay.toPage = (kind, body) => {
    if (body.room !== room) return body;
    if (kind === 'Batch') return body.pos === 1 ? null : { ...body, pos: body.pos - 1 };
    if (kind !== 'Page') return body;
    const kept = body.pos.flatMap((pos, at) => (pos > 1 ? [at] : []));
    return { ...body, pos: kept.map((at) => body.pos[at] - 1), env: kept.map((at) => body.env[at]) };
  };
  await shows(bo, room);
  await bo.timeline(room);
  await anna.send(room, 'undanhållet');
  await anna.send(room, 'visat');
  await has(bo, room, 'visat');
  await until(async () => (await bo.timeline(room)).gaps.length === 1, 'a gap');
  assert.deepEqual([(await bo.timeline(room)).gaps, await openings(room)], [[1], [['visat', 'opened']]]);
});

test('another member list under a good roster, and a roster that home does not have', { timeout: 60_000 }, async () => {
  const listed = await talk('Andra medlemmar');
  relay.toPage = (kind, body) => (kind === 'RosterIs' ? { ...body, members: 'A'.repeat(43) } : body);
  await anna.change(listed, { add: [cia.me.pid] });
  await refuses(listed, 'relay_members_differ');
  relay.honest();
  const invented = await talk('Påhittad lista');
  relay.push('RosterAt', { room: invented, version: 7, members: 'A'.repeat(43) });
  await refuses(invented, 'roster_forged');
});

test('an old copy of relay’s database: fewer messages than before, or others', { timeout: 60_000 }, async () => {
  const fewer = await talk('Färre');
  const others = await talk('Andra');
  let replaced = false;
  relay.toPage = (kind, body) => {
    if (kind === 'Batch' && body.room === others && !replaced) return null;
    if (kind !== 'Page' || body.room !== others) return body;
    replaced = true;
    return { ...body, env: body.env.map((env, at) => (body.pos[at] === 2 ? body.env.at(-1) : env)) };
  };
  await anna.send(others, 'saknas');
  await until(() => stored(others) === 3, 'three are stored');
  relay.push('Batch', { room: others, pos: 4, env: [new Uint8Array(300)] });
  await refuses(others, 'relay_log_differs');
  assert.deepEqual(await openings(others), [['hej', 'opened'], ['hej själv', 'opened']]);

  relay.toPage = (kind, body) => (kind === 'Welcome' ? { ...body, rooms: { ...body.rooms, [fewer]: { ...body.rooms[fewer], pos: 1 } } } : body);
  await again(bo);
  await online(bo);
  await refuses(fewer, 'relay_log_differs');
  relay.honest();
  await again(bo);
  await online(bo);
  assert.equal(await trouble(fewer), null);
  await bo.send(fewer, 'åter ärligt');
  await has(anna, fewer, 'åter ärligt');
});

/** Envelopes of a member whom relay does not hold to the rules, as news to Bo. */
async function pushes(who, room, pos, ...list) {
  const seq = (await who.timeline(room)).messages.filter(({ mine, state: how }) => mine && how === 'sent').length;
  const env = [];
  for (const [kind, ref, said] of list) env.push(Uint8Array.from(await who.envelope(room, seq + env.length + 1, kind, ref, said)));
  relay.push('Batch', { room, pos, env });
  return env;
}

test('what a member may not do, and relay lets pass: foreign words are neither changed nor taken away', { timeout: 60_000 }, async () => {
  const room = await talk('Utan rätt', cia);
  await until(async () => (await texts(cia, room)).length === 2, 'Cia reads');
  const { id } = await one(room, 'hej');
  const look = async () => {
    const { text, edited, deleted, reactions } = (await bo.timeline(room)).messages[0];
    return [text, edited, deleted, reactions.map(({ count }) => count)];
  };
  const [, , react] = await pushes(cia, room, 3, [2, id, { t: 'förfalskat' }], [4, id, {}], [3, id, { e: '👎' }], [3, id, { e: '👎', x: true }]);
  await pushes(anna, room, 7, [3, id, { e: '👍' }]);
  await until(async () => (await look())[3].length === 1, 'all is folded');
  assert.deepEqual(await look(), ['hej', false, null, [1]]);
  assert.deepEqual([await openings(room), (await bo.timeline(room)).gaps], [[['hej', 'opened'], ['hej själv', 'opened']], []]);
  // What was taken back does not come back by being said again.
  relay.push('Batch', { room, pos: 8, env: [react] });
  await until(async () => (await openings(room)).length === 3, 'the copy does not open');
  assert.deepEqual(await look(), ['hej', false, null, [1]]);
  // The same from who may.
  const mine = await talk('Med rätt', cia);
  await until(async () => (await texts(anna, mine)).length === 2, 'Anna reads');
  const [first, second] = (await bo.timeline(mine)).messages;
  await pushes(anna, mine, 3, [2, first.id, { t: 'ändrat' }], [4, second.id, {}]);
  await until(async () => (await bo.timeline(mine)).messages[1].deleted === 'moderator', 'taken away by the owner');
  assert.deepEqual((await texts(bo, mine)), ['ändrat', '']);
});

test('other surroundings of a message than this device has seen, and none of it at all', { timeout: 60_000 }, async () => {
  const other = await talk('Annat ställe');
  const room = await talk('Omgivning', cia);
  const foreign = relay.told.find(([kind, body]) => kind === 'Batch' && body.room === other)[1].env[0];
  const env = Uint8Array.from(await cia.envelope(room, 1, 1, null, { t: 'efter allt' }));
  const { msgId } = headOf(env);
  const answers = (page) => (kind, body) => {
    if (kind !== 'Find') return body;
    relay.push('Page', { re: body.re, room, more: false, ...page });
    return null;
  };
  relay.toRelay = answers({ pos: [2], env: [foreign] });
  assert.equal(await bo.jump(room, msgId), false);
  relay.toRelay = answers({ pos: [], env: [] });
  assert.equal(await bo.jump(room, msgId), false);
  assert.deepEqual([await trouble(room), (await texts(bo, room)).length], [null, 2]);
  relay.toRelay = answers({ pos: [3], env: [env] });
  assert.equal(await bo.jump(room, msgId), true);
  await bo.newest(room);
  const wanted = Uint8Array.from(await cia.envelope(room, 1, 1, null, { t: 'på Bos plats' }));
  relay.toRelay = answers({ pos: [2], env: [wanted] });
  assert.deepEqual(await bo.jump(room, headOf(wanted).msgId), { code: 'relay_log_differs' });
  await refuses(room, 'relay_log_differs');
});

test('an acknowledgement at a place where something else stands, now or later: what was written is still there', { timeout: 60_000 }, async () => {
  const room = await talk('Kvitto');
  const acknowledge = (pos) => (kind, body) => {
    if (kind !== 'Send') return body;
    relay.push('Sent', { msg_id: headOf(body.env).msgId, room, pos, hash: hash(body.env) });
    return null;
  };
  for (const [pos, text] of [[0, 'ingenstans'], [1, 'under andra']]) {
    relay.toRelay = acknowledge(pos);
    await bo.send(room, text);
    assert.equal((await state(room, text, 'draft')).reason, 'bad_envelope');
  }
  relay.toRelay = acknowledge(3);
  await bo.send(room, 'kastat');
  await state(room, 'kastat', 'sent');
  relay.honest();
  await anna.send(room, 'på dess plats');
  const { id, reason } = await state(room, 'kastat', 'draft');
  assert.equal(reason, 'bad_envelope');
  // In the next connection relay says that it does not have the number which it acknowledged.
  await relay.cut();
  relay.mend();
  await until(async () => (await bo.connection()) !== 'online', 'away');
  await online(bo);
  await bo.retry(room, id);
  await refuses(room, 'relay_log_differs');
  assert.equal(stored(room), 3);
  await again(bo);
  await online(bo);
  await bo.timeline(room);
  for (const text of ['ingenstans', 'under andra', 'kastat']) {
    await bo.retry(room, (await state(room, text, 'draft')).id);
    await has(anna, room, text);
  }
});

test('an older message of one’s own as the last one, none, or somebody else’s: no number is used twice', { timeout: 90_000 }, async () => {
  const room = await talk('Nummer');
  await bo.send(room, 'mitt andra');
  await keeps(room, 3);
  const mine = relay.told.flatMap(([kind, body]) => (kind === 'Batch' && body.room === room ? body.env : []));
  for (const [lie, code, broken] of [[mine[1], 'relay_log_differs', true], [null, 'relay_log_differs', true], [mine[0], 'bad_envelope', false]]) {
    relay.toPage = (kind, body) => (kind === 'LastIs' && body.room === room ? (lie === null ? { re: body.re, room } : { ...body, env: lie }) : body);
    await again(bo);
    await online(bo);
    await bo.timeline(room);
    const before = relay.sent(room).length;
    await bo.send(room, `skrivet ${code}`);
    const draft = await state(room, `skrivet ${code}`, 'draft');
    assert.deepEqual([draft.reason, relay.sent(room).length, (await trouble(room)) !== null], [code, before, broken]);
    await bo.discard(room, draft.id);
  }
  relay.honest();
  await again(bo);
  await online(bo);
  await bo.send(room, 'mitt tredje');
  await has(anna, room, 'mitt tredje');
  assert.deepEqual((await anna.timeline(room)).gaps, []);
});

test('history without an end, or not what was asked for', { timeout: 60_000 }, async () => {
  for (const [title, lie] of [
    ['Utan slut', (body) => ({ ...body, pos: [], env: [], more: true })],
    ['Om igen', (body) => ({ ...body, pos: body.pos.map(() => 2), more: true })],
    ['Baklänges', (body) => ({ ...body, pos: [...body.pos].reverse() })],
  ]) {
    const room = await talk(title);
    const asked = () => relay.heard.filter(([kind, body]) => kind === 'History' && body.room === room).length;
    relay.toPage = (kind, body) => {
      if (body.room !== room) return body;
      return kind === 'Batch' && body.pos === 3 ? null : kind === 'Page' ? lie(body) : body;
    };
    const before = asked();
    await anna.send(room, 'tre');
    await anna.send(room, 'fyra');
    await refuses(room, 'relay_log_differs');
    await setTimeout(200);
    assert.ok(asked() - before <= 2, `${title}: ${asked() - before} requests`);
    assert.equal((await bo.timeline(room)).loading, false);
    relay.honest();
  }
});

test('strangers’ rooms, other people’s read positions, strangers who write, hints without end: nothing comes of them', { timeout: 60_000 }, async () => {
  const secret = await anna.create('group', 'Utan Bo', [cia.me.pid]);
  await anna.send(secret, 'utan bo');
  const room = await talk('Främmande');
  let asks = 0;
  bo.page.on('request', (request) => { if (request.url().includes('/since/')) asks += 1; });
  relay.toPage = (kind, body) => (kind === 'Welcome' ? { ...body, rooms: { ...body.rooms, [secret]: body.rooms[room] } } : body);
  await again(bo);
  await online(bo);
  assert.equal((await bo.rooms()).find(({ id }) => id === secret), undefined);
  assert.deepEqual(await bo.send(secret, 'hej'), { code: 'not_a_member' });
  await bo.timeline(room);

  await anna.send(room, 'oläst');
  await until(async () => (await shows(bo, room)).unread === 2, 'unread: the first message and this one');
  relay.push('ReadIs', { room, pid: anna.me.pid, pos: 3 });
  relay.push('TypingIs', { room, pid: cia.me.pid });
  relay.push('TypingIs', { room, pid: anna.me.pid });
  await until(async () => (await bo.timeline(room)).typing.length > 0, 'somebody writes');
  assert.deepEqual((await bo.timeline(room)).typing.map(({ pid }) => pid), [anna.me.pid]);
  assert.equal((await shows(bo, room)).unread, 2);

  await anna.rename(room, 'Nytt namn');
  const hint = await until(() => relay.told.findLast(([kind]) => kind === 'HintIs'), 'a hint');
  await until(async () => (await shows(bo, room)).title === 'Nytt namn', 'the name');
  const before = asks;
  for (let number = 0; number < 300; number += 1) relay.push('HintIs', hint[1]);
  relay.push('HintIs', { jws: `${hint[1].jws.slice(0, -4)}AAAA` });
  await anna.send(room, 'efteråt');
  await has(bo, room, 'efteråt');
  assert.ok(asks - before < 40, `${asks - before} requests for 300 hints`);
});

test('frames that are none, and giants: the connection is made anew and all goes on', { timeout: 90_000 }, async () => {
  const room = await talk('Skräp');
  const welcomes = () => relay.told.filter(([kind]) => kind === 'Welcome').length;
  const junk = [
    bytesOf('Batch', { room, pos: 1000, env: [new Uint8Array(5 * 1024 * 1024)] }), // well-formed, but a giant
    'text',
    Buffer.alloc(0),
    Buffer.from([200, 0x80]), // a kind that is none
    Buffer.concat([Buffer.from([67]), Buffer.alloc(50_000, 0x91)]), // nesting without end
    Buffer.from([67, 0x81, 0xa4, ...Buffer.from('room'), 0xa1, 0x78]), // fields are missing
  ];
  for (const [number, data] of junk.entries()) {
    const before = welcomes();
    relay.raw(data);
    await bo.send(room, `ändå ${number}`);
    await until(() => welcomes() > before, `a new connection after ${number}`);
    await has(anna, room, `ändå ${number}`);
  }
  assert.deepEqual(await texts(anna, room), ['hej', 'hej själv', ...junk.map((_, number) => `ändå ${number}`)]);
  assert.deepEqual([await trouble(room), (await anna.timeline(room)).gaps], [null, []]);
});

test('a way into a meeting for somebody else, or into another one', { timeout: 60_000 }, async () => {
  const room = await talk('Möte');
  const other = await talk('Annat möte');
  const honest = await bo.join(room);
  assert.match(honest.meeting, /^c_/);
  const [hers, elsewhere] = [await anna.join(room), await bo.join(other)];
  for (const lie of [hers, { ...honest, token: elsewhere.token }, { ...honest, token: 'a.b.c' }]) {
    await bo.page.route('**/rooms/*/join', (route) => route.fulfill({ json: lie, headers: { 'Access-Control-Allow-Origin': '*' } }));
    assert.deepEqual(await bo.join(room), { code: 'bad_reply' });
    await bo.page.unroute('**/rooms/*/join');
  }
  await bo.page.route('**/rooms/*/join', (route) => route.fulfill({ json: honest, headers: { 'Access-Control-Allow-Origin': '*' } }));
  assert.equal((await bo.join(room)).meeting, honest.meeting);
  await bo.page.unroute('**/rooms/*/join');
});

test('a lost acknowledgement, and removed before coming back: stored is sent, what was not tried is a draft', { timeout: 60_000 }, async () => {
  const room = await talk('Kvitto borta');
  const start = relay.sent(room).length;
  relay.toPage = (kind, body) => (['Sent', 'Batch', 'RosterIs', 'HintIs'].includes(kind) ? null : body);
  await bo.send(room, 'lagrat');
  await has(anna, room, 'lagrat');
  await relay.cut();
  await bo.send(room, 'aldrig skickat');
  await anna.change(room, { remove: [bo.me.pid] });
  // Also when the page was loaded anew meanwhile.
  await again(bo);
  relay.honest();
  relay.mend();
  await online(bo);
  await state(room, 'aldrig skickat', 'draft');
  const shown = (await bo.timeline(room)).messages.find(({ text }) => text === 'lagrat');
  assert.ok(shown === undefined || shown.state === 'sent', JSON.stringify(shown));
  const sent = relay.sent(room).slice(start);
  assert.deepEqual([stored(room), sent.length, new Set(sent.map(({ id }) => id)).size], [3, 2, 1]);
});

test('several messages wait while the key changes: the same order, ids and numbers', { timeout: 60_000 }, async () => {
  const room = await talk('Kö', cia);
  relay.toPage = (kind, body) => (['RosterIs', 'RosterAt', 'HintIs'].includes(kind) ? null : body);
  let first = null;
  relay.toRelay = (kind, body) => {
    if (kind !== 'Send' || first !== null) return body;
    first = body;
    return null;
  };
  const start = relay.sent(room).length;
  const words = ['ett', 'två', 'tre', 'fyra'];
  for (const word of words) await bo.send(room, word);
  await until(() => first !== null, 'the first one is on its way');
  await anna.change(room, { remove: [cia.me.pid] });
  relay.ask('Send', first);
  await has(anna, room, 'fyra');
  const sent = relay.sent(room).slice(start);
  assert.deepEqual(sent.map(({ epoch, seq }) => [epoch, seq]), [[1, 2], [2, 2], [2, 3], [2, 4], [2, 5]]);
  assert.equal(sent[0].id, sent[1].id);
  assert.deepEqual(await texts(anna, room), ['hej', 'hej själv', ...words]);
  assert.deepEqual((await anna.timeline(room)).gaps, []);
});

test('refused without a reason, or sealed again and again: a draft, which goes when relay takes it', { timeout: 60_000 }, async () => {
  const room = await talk('Nekat');
  for (const [code, most] of [['internal', 1], ['epoch_stale', 10]]) {
    const start = relay.sent(room).length;
    relay.toRelay = (kind, body) => {
      if (kind !== 'Send') return body;
      relay.push('Error', { code, msg: headOf(body.env).msgId });
      return null;
    };
    await bo.send(room, code);
    assert.equal((await state(room, code, 'draft')).reason, code);
    const tries = relay.sent(room).slice(start);
    assert.ok(tries.length <= most && new Set(tries.map(({ id, seq }) => `${id} ${seq}`)).size === 1, JSON.stringify(tries));
    relay.honest();
    await bo.retry(room, (await state(room, code, 'draft')).id);
    await has(anna, room, code);
  }
});

// Late: the page's clock is the test's from here on.
test('rosters and hints kept back and messages under the old key accepted: who writes finds out from home', { timeout: 90_000 }, async () => {
  const room = await talk('Gammal nyckel', cia);
  await bo.page.clock.install();
  await again(bo);
  await online(bo);
  relay.toPage = (kind, body) => (['RosterIs', 'RosterAt', 'HintIs'].includes(kind) ? null : body);
  let pos = 2;
  relay.toRelay = (kind, body) => {
    if (kind !== 'Send') return body;
    const { msgId } = headOf(body.env);
    relay.push('Sent', { msg_id: msgId, room, pos: ++pos, hash: hash(body.env) });
    return null;
  };
  await anna.change(room, { remove: [cia.me.pid] });
  await anna.send(room, 'cia är borta');
  await bo.page.clock.fastForward(61_000);
  const before = relay.sent(room).length;
  await bo.send(room, 'i god tro');
  await until(() => relay.sent(room).length > before, 'one message');
  await bo.page.clock.runFor(500);
  await until(async () => {
    await bo.page.clock.runFor(1_000);
    return (await trouble(room)) === 'relay_rolled_back';
  }, 'home told', 20_000);
  await refuses(room, 'relay_rolled_back');
  relay.honest();
  await again(bo);
  await online(bo);
  await bo.page.clock.runFor(2_000);
  await until(async () => (await trouble(room)) === null, 'honest again');
  assert.equal((await shows(bo, room)).members.length, 2);
});

test('nothing was thrown', () => {
  assert.deepEqual(world.complaints, []);
});
