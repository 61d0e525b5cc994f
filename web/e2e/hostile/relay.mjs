/** A hostile relay: it stands between a page and the real one, understands every frame, and does with them what a test wants. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';

const KINDS = {
  1: 'Hello', 2: 'Proof', 3: 'Send', 4: 'History', 5: 'Read', 6: 'Renew', 7: 'Typing', 8: 'MediaAck', 9: 'Ping', 10: 'Last', 11: 'Presence',
  12: 'Refs', 13: 'Thread', 14: 'Reads', 15: 'Find',
  64: 'Nonce', 65: 'Welcome', 66: 'Sent', 67: 'Batch', 68: 'RosterIs', 69: 'HintIs', 70: 'ReadIs', 71: 'Page', 72: 'TypingIs', 73: 'Error',
  74: 'Bye', 75: 'Pong', 76: 'LastIs', 77: 'Meeting', 78: 'MediaAckIs', 79: 'RosterAt', 80: 'PresenceIs', 81: 'ReadsAre',
};
const NUMBERS = Object.fromEntries(Object.entries(KINDS).map(([number, kind]) => [kind, Number(number)]));

const pass = (kind, body) => body;
export const bytesOf = (kind, body) => Buffer.concat([Buffer.from([NUMBERS[kind]]), encode(body)]);

/**
 * Puts itself between `who` and relay, from the next reload on (which it does). Of what it gives:
 *
 * `toPage(kind, body)` and `toRelay(kind, body)` see every frame and return its body as it shall go on, `null` for nothing, or a list of
 * `[kind, body]`. `honest()` lets everything pass again. `push(kind, body)` and `raw(data)` say something to the page, `ask(kind, body)` to the real relay.
 * `cut()` ends the connection, and none comes to be until `mend()`. `heard` are the page's frames as `[kind, body]`, `told` the real relay's.
 */
export async function hostile(who) {
  let page = null;
  let relay = null;
  let away = false;
  const its = {
    toPage: pass,
    toRelay: pass,
    heard: [],
    told: [],
    honest() {
      its.toPage = its.toRelay = pass;
    },
    push: (kind, body) => page.send(bytesOf(kind, body)),
    raw: (data) => page.send(data),
    ask: (kind, body) => relay.send(bytesOf(kind, body)),
    async cut() {
      away = true;
      await page.close();
    },
    mend() {
      away = false;
    },
    /** The page's messages in a room as they came here, in order. */
    sent: (room) => its.heard.flatMap(([kind, { env }]) => (kind === 'Send' && headOf(env).room === room ? [headOf(env)] : [])),
  };
  const through = (how, data, log, send) => {
    const kind = KINDS[data[0]];
    const body = decode(data.subarray(1));
    log.push([kind, body]);
    const next = how(kind, body);
    if (next === null) return;
    for (const [one, other] of Array.isArray(next) ? next : [[kind, next]]) send(bytesOf(one, other));
  };
  await who.page.routeWebSocket(/^ws:\/\/127\.0\.0\.1/, (socket) => {
    if (away) {
      void socket.close();
      return;
    }
    const server = socket.connectToServer();
    [page, relay] = [socket, server];
    socket.onMessage((data) => through(its.toRelay, Buffer.from(data), its.heard, (frame) => server.send(frame)));
    server.onMessage((data) => through(its.toPage, Buffer.from(data), its.told, (frame) => socket.send(frame)));
  });
  await again(who);
  return its;
}

/** Loads the page anew. */
export async function again(who) {
  await who.page.reload();
  await who.page.waitForFunction(() => 'samrum' in globalThis);
  await who.resume();
}

/** What an envelope says of itself in clear. */
export function headOf(bytes) {
  const env = Buffer.from(bytes);
  return { room: idOf('r', env.subarray(20, 36)), epoch: env.readUInt32BE(52), seq: Number(env.readBigUInt64BE(88)), id: env.subarray(96, 112).toString('hex'), msgId: idOf('m', env.subarray(96, 112)) };
}

/** A message as relay can write one itself: after a genuine one, with an id and a number of its own, under a key of its own. */
export function invented(genuine) {
  const body = Buffer.from(genuine.slice(0, -64));
  body.writeBigUInt64BE(body.readBigUInt64BE(88) + 1n, 88);
  randomBytes(16).copy(body, 96);
  const said = Buffer.concat([Buffer.from('samrum/msg/1\0'), createHash('sha256').update(body).digest()]);
  return Buffer.concat([body, sign(null, said, generateKeyPairSync('ed25519').privateKey)]);
}

/** The text form of a raw id. */
function idOf(prefix, raw) {
  let bits = '';
  for (const byte of raw) bits += byte.toString(2).padStart(8, '0');
  return `${prefix}_${bits.padEnd(130, '0').match(/.{5}/g).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(five, 2)]).join('')}`;
}
