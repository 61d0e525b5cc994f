/** A relay that lies: what tests put between a page and the real one. */
import { encode } from '@msgpack/msgpack';

/** Plays relay to `who` after the next reload: `change` sees every frame of relay as bytes and gives what goes on (`null`: nothing). `swallow` may answer a client's frame itself. */
export async function between(who, change, swallow = () => null) {
  await who.page.routeWebSocket(/^ws:\/\/127\.0\.0\.1/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((data) => {
      const answer = swallow(Buffer.from(data));
      if (answer === null) server.send(data);
      else socket.send(answer);
    });
    server.onMessage((data) => {
      const next = change(Buffer.from(data));
      if (next !== null) socket.send(next);
    });
  });
  await who.page.reload();
  await who.page.waitForFunction(() => 'samrum' in globalThis);
  await who.resume();
}

/** An acknowledgement of a message that was not stored. */
export function falseSent(frame) {
  const at = frame.indexOf('SM1');
  const id = (prefix, from) => {
    let bits = '';
    for (const byte of frame.subarray(at + from, at + from + 16)) bits += byte.toString(2).padStart(8, '0');
    return `${prefix}_${bits.padEnd(130, '0').match(/.{5}/g).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(five, 2)]).join('')}`;
  };
  return Buffer.from([66, ...encode({ msg_id: id('m', 96), room: id('r', 20), pos: 1, hash: new Uint8Array(32) })]);
}
