/** Calls: ringing a room, saying what becomes of a ring, and the list of what rang. */
import { CALL, parse } from '../wire/envelope';
import type { MsgId, RoomId } from '../wire/ids';
import { Refusal, type Calls, type CallWord, type Message } from './api';
import { Fold, isBase } from './fold';
import { messageOf } from './message';
import type { ToSay } from './outbox';
import type { Stored } from './storage';
import type { Parts } from './timeline';

/** Rooms with more members are not rung: one does not call a crowd. */
const MOST = 10;
/** Envelopes of each room that the list looks through, and calls that it has. */
const LOOKED_AT = 400;
const LISTED = 100;

export class CallBook implements Calls {
  constructor(
    private readonly parts: Parts,
    private readonly put: (room: RoomId, say: ToSay) => Promise<MsgId>,
  ) {}

  async ring(room: RoomId): Promise<MsgId> {
    // A call is for now: it does not wait for a connection.
    if (this.parts.ground.stream() === null) throw new Refusal('relay_away');
    return this.put(room, { kind: CALL, thread: null, ref: null, said: { c: 'ring' } });
  }

  async say(room: RoomId, ring: MsgId, word: CallWord): Promise<void> {
    await this.put(room, { kind: CALL, thread: null, ref: ring, said: { c: word } });
  }

  async list(): Promise<readonly Message[]> {
    const rooms = this.parts.rooms.list.get().filter(({ kind, count }) => kind === 'direct' || count <= MOST);
    const all = await Promise.all(rooms.map((room) => this.of(room.id, room.kind === 'direct', room.count)));
    return all.flat().sort((a, b) => b.sentAt - a.sentAt).slice(0, LISTED);
  }

  private async of(room: RoomId, direct: boolean, members: number): Promise<Message[]> {
    const { ground, opener } = this.parts;
    const stored = (await ground.storage.envelopes(room, Infinity, LOOKED_AT)).filter(isCall);
    if (stored.length === 0) return [];
    const results = await opener.open(room, stored.map(({ env }) => env));
    const fold = new Fold({ me: ground.pid, leads: () => 'no' });
    const eyes = { room, me: ground.pid, direct, members, now: ground.now(), person: ground.people.get.bind(ground.people) };
    results.forEach((result, at) => {
      fold.put(stored[at]?.pos ?? 0, result);
    });
    return results.flatMap(({ head }) => {
      const line = head !== null && isBase(head) ? fold.get(head.msgId) : undefined;
      const message = line === undefined ? null : messageOf(line, fold, [], eyes);
      return message?.opening === 'opened' ? [message] : [];
    });
  }
}

function isCall({ env }: Stored): boolean {
  try {
    return parse(env).kind === CALL;
  } catch {
    return false;
  }
}
