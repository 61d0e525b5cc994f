/** The page of `session.test.mjs`: the real session, driven from outside, without screens. */
import { doorway } from '../../src/session';
import { Refusal, type Draft, type MsgId, type Opening, type Pid, type RoomId, type RoomModel, type Session, type ThreadModel } from '../../src/session/api';
import type { Keys } from '../../src/keys/client';
import type { Said } from '../../src/wire/content';
import { newId } from '../../src/wire/ids';

interface Driven {
  session: Session | null;
  rooms: Map<RoomId, RoomModel>;
  threads: Map<MsgId, ThreadModel>;
}

const state: Driven = { session: null, rooms: new Map(), threads: new Map() };
const told: [string, boolean][] = [];

function begin(made: Session | null): void {
  state.session = made;
  made?.events.onMessage(({ text }, _room, live) => told.push([text, live]));
}
/** Every state that any message was shown in. */
const openings = new Set<Opening>();
const reports: string[] = [];
addEventListener('securitypolicyviolation', ({ effectiveDirective }) => reports.push(effectiveDirective));

function session(): Session {
  if (state.session === null) throw new Error('nobody is signed in');
  return state.session;
}

function model(room: RoomId): RoomModel {
  const known = state.rooms.get(room);
  if (known !== undefined) return known;
  const made = session().openRoom(room);
  state.rooms.set(room, made);
  const note = (): void => {
    for (const { opening } of made.timeline.get().messages) openings.add(opening);
  };
  made.timeline.subscribe(note);
  note();
  return made;
}

/** `{code}` instead of a refusal, so that it crosses to the test. */
async function outcome<T>(work: Promise<T>): Promise<T | { code: string }> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code };
    throw error;
  }
}

const driver = {
  reports,
  openings: () => [...openings].sort(),
  signIn: (user: string, password: string, sharedComputer = false) =>
    outcome(doorway.signIn(user, password, { sharedComputer }).then((made) => {
      begin(made);
      return made.me;
    })),
  resume: () =>
    outcome(doorway.resume().then((made) => {
      begin(made);
      return made?.me ?? null;
    })),
  connection: () => session().connection.get(),
  alarm: () => session().alarm.get(),
  dev: () => session().dev,
  rooms: () => session().rooms.get(),
  /** For use in the page. */
  open: (room: RoomId) => session().openRoom(room),
  create: (kind: 'direct' | 'group', title: string, members: Pid[], history?: 'open' | 'closed') => outcome(session().createRoom(kind, title, members, history && { history })),
  change: (room: RoomId, change: Parameters<Session['changeMembers']>[1]) => outcome(session().changeMembers(room, change)),
  rename: (room: RoomId, title: string) => outcome(session().settings.changeRoom(room, { title })),
  search: (query: string) => outcome(session().searchPeople(query)),
  people: (room: RoomId, query: string, skip: number, limit: number) => outcome(session().roomPeople(room, query, skip, limit)),
  devices: () => outcome(session().devices()),
  timeline: (room: RoomId) => model(room).timeline.get(),
  texts: (room: RoomId) => model(room).timeline.get().messages.map(({ text, opening, state: sent, author }) => [author.name, text, opening, sent]),
  send: (room: RoomId, text: string) => outcome(model(room).send(text)),
  say: (room: RoomId, draft: Draft) => outcome(model(room).send(draft)),
  edit: (room: RoomId, id: MsgId, text: string) => outcome(model(room).edit(id, text)),
  remove: (room: RoomId, id: MsgId) => outcome(model(room).remove(id)),
  react: (room: RoomId, id: MsgId, emoji: string, on = true) => outcome(model(room).react(id, emoji, on)),
  jump: (room: RoomId, id: MsgId) => outcome(model(room).jump(id)),
  newer: (room: RoomId) => model(room).newer(),
  newest: (room: RoomId) => model(room).newest(),
  readers: (room: RoomId) => [...model(room).seen.get()],
  /** Opens the thread the first time. */
  thread: (room: RoomId, root: MsgId) => {
    const known = state.threads.get(root) ?? model(room).thread(root);
    state.threads.set(root, known);
    return known.timeline.get();
  },
  olderInThread: (root: MsgId) => state.threads.get(root)?.older(),
  /** What was told of messages so far: `[text, live]`. */
  told: () => told,
  /** An envelope as this device could write it, whatever relay thinks of that. */
  envelope: async (room: RoomId, seq: number, kind: number, ref: MsgId | null, said: Said) => {
    const { keys } = session() as unknown as { keys: Keys };
    return [...(await keys.seal({ room, msgId: newId('m'), seq, sentAt: Math.floor(Date.now() / 1000), kind, thread: null, ref, said }))];
  },
  /** Seals a text under the device's own key, as what waits is kept. */
  lock: async (text: string) => {
    const { keys } = session() as unknown as { keys: Keys };
    return [...(await keys.lock(new TextEncoder().encode(text)))];
  },
  retry: (room: RoomId, id: MsgId) => outcome(model(room).retry(id)),
  discard: (room: RoomId, id: MsgId) => outcome(model(room).discard(id)),
  older: (room: RoomId) => model(room).older(),
  read: (room: RoomId) => model(room).read(),
  typing: (room: RoomId) => model(room).typing(),
  useHere: () => session().useHere(),
  signOut: () => outcome(session().signOut()),
  revoke: (dev: Session['dev'], lost = false) => outcome(session().endDevice(dev, { lost })),
  know: (dev: Session['dev']) => outcome(session().knowDevice(dev)),
  asking: () => session().askingDevices.get(),
  async mediaBase(room: RoomId) {
    const access = session().meeting(room);
    const day = Math.floor(Date.now() / 86_400_000);
    const key = await access.base(access.epoch.get(), day);
    const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(0), info: new Uint8Array(0) }, key, 256);
    return { extractable: key.extractable, derived: [...new Uint8Array(bits)].join(), epoch: access.epoch.get(), members: access.members.get().size };
  },
  join: (room: RoomId) => outcome(session().meeting(room).join()),
  /** Sends and waits until another's answer with that text is here: for measuring. */
  async seen(room: RoomId, text: string) {
    const { timeline } = model(room);
    return new Promise<number>((resolve) => {
      const look = (): void => {
        if (!timeline.get().messages.some((one) => one.text === text)) return;
        stop();
        resolve(performance.timeOrigin + performance.now());
      };
      const stop = timeline.subscribe(look);
      look();
    });
  },
};

Object.assign(globalThis, { samrum: driver });
