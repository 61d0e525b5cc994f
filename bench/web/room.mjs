/**
 * Opens a room of 100,000 messages that this device has kept, without a connection to relay, and reads back in it.
 *
 *   node bench/web/room.mjs [--messages 100000] [--runs 10]
 *
 * The newest 2,000 are real envelopes; those before them are copies, which are there for the database's size and are never opened. Times are the
 * page's own, from `openRoom` to the first timeline with messages; the last line is one JSON object.
 */
import { parseArgs } from 'node:util';
import { until } from '../../web/e2e/session/city.mjs';
import { has, startWorld } from '../../web/e2e/session/world.mjs';

const REAL = 2_000;
const PORTS = 21380;
const { values } = parseArgs({ options: { messages: { type: 'string', default: '100000' }, runs: { type: 'string', default: '10' } } });
const [messages, runs] = [Number(values.messages), Number(values.runs)];

const world = await startWorld(PORTS);
try {
  const { contexts, anna, bo, room } = await world.pair('Hundra tusen');
  await anna.send(room, 'hej');
  await has(bo, room, 'hej');
  const real = [];
  for (let seq = 2; seq < REAL + 2; seq += 100) {
    real.push(...(await anna.page.evaluate(async ([of, from]) => {
      const list = [];
      for (let one = from; one < from + 100; one += 1) list.push(await globalThis.samrum.envelope(of, one, 1, null, { t: `Meddelande ${one}. ${'ord '.repeat(one % 30)}` }));
      return list;
    }, [room, seq])));
  }
  let away = false;
  await contexts[1].routeWebSocket(/^ws:/, (socket) => (away ? void socket.close() : socket.connectToServer()));
  for (let from = 0; from < messages; from += 5_000) {
    await bo.page.evaluate(([name, of, start, count, all, some, kept]) => new Promise((resolve, reject) => {
      const ask = indexedDB.open(name);
      ask.onerror = reject;
      ask.onsuccess = () => {
        const change = ask.result.transaction('envelopes', 'readwrite');
        const store = change.objectStore('envelopes');
        const bytes = some.map((one) => Uint8Array.from(one));
        for (let pos = start + 1; pos <= start + count; pos += 1) {
          const at = pos - (all - kept) - 1;
          store.put(at >= 0 ? bytes[Math.max(0, at - Math.max(0, start - (all - kept)))] : bytes[0], [of, pos]);
        }
        change.oncomplete = () => { ask.result.close(); resolve(); };
      };
    }), [`samrum.${bo.me.pid}`, room, from, Math.min(5_000, messages - from), messages, from + 5_000 > messages - REAL ? real.slice(Math.max(0, from - (messages - REAL))) : [real[0]], REAL]);
  }
  away = true;
  const opened = [];
  const olds = [];
  for (let run = 0; run < runs; run += 1) {
    await world.reloaded(bo);
    await until(async () => (await bo.rooms()).some(({ id }) => id === room), 'the room');
    const [first, again, back, shown] = await bo.page.evaluate(async (of) => {
      const time = async (work) => { const began = performance.now(); await work(); return performance.now() - began; };
      const there = (model, count) => new Promise((resolve) => {
        const look = () => { if (model.timeline.get().messages.length > count) { stop(); resolve(); } };
        const stop = model.timeline.subscribe(look);
        look();
      });
      let model;
      const open = async () => { model = globalThis.samrum.open(of); await there(model, 0); };
      const cold = await time(open);
      model.close();
      const warm = await time(open);
      const pages = [];
      for (let page = 0; page < 20; page += 1) pages.push(await time(() => model.older()));
      return [cold, warm, pages, model.timeline.get().messages.map(({ opening }) => opening)];
    }, room);
    if (shown.some((opening) => opening !== 'opened') || shown.length < 1_000) throw new Error(`not all were opened: ${shown.length}`);
    opened.push([first, again]);
    olds.push(...back);
  }
  const figure = (list) => {
    const sorted = list.toSorted((a, b) => a - b);
    return [0.5, 0.95].map((part) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]));
  };
  const [cold, warm, older] = [opened.map(([one]) => one), opened.map(([, one]) => one), olds].map(figure);
  console.log(JSON.stringify({ messages, runs, 'open cold p50, p95 (ms)': cold, 'open again': warm, '50 older ones': older }));
} finally {
  await world.stop();
}
