/**
 * What the screens see of a signed-in person's session: state to read, and actions to take.
 *
 * Screens (React) only read and call; the session owns connections, keys and storage. Everything readable is a
 * {@link Readable}; values are immutable and change identity when they change, so `useSyncExternalStore` works.
 * Nothing here throws for network reasons: actions reject with {@link Refusal} only.
 */

import { Refusal } from '../doors/refusal';
import type { Files } from '../files/files';
import type { Bytes } from '../wire/bytes';
import type { CallId, Dev, MsgId, Pid, RoomId } from '../wire/ids';
import type { Channel, Channels, Export, Hook, Mine, Settings } from '../wire/types';

export { Refusal };
export type { CallId, Channel, Dev, Export, Hook, Mine, MsgId, Pid, RoomId, Settings };

/** A value now, and word when it changes. */
export interface Readable<T> {
  get(): T;
  subscribe(listener: () => void): () => void;
}

export type Role = 'owner' | 'moderator' | 'member' | 'guest';
export type RoomKind = 'direct' | 'group' | 'channel';

export interface Person {
  readonly pid: Pid;
  /** The name from home; `null` while home is away and it was never seen ("Participant 3" is the screen's business). */
  readonly name: string | null;
  readonly department: string;
  readonly title: string;
  /** What the person says of themself now. */
  readonly status?: string;
  /** No human: a webhook of a room. */
  readonly integration?: boolean;
}

export interface Member extends Person {
  readonly role: Role;
  readonly me: boolean;
}

/** Why a room refuses to send, found by checking relay against home's signatures. */
export type Trouble =
  | 'relay_members_differ' // relay's member list is not the signed one
  | 'relay_log_differs' // relay shows other messages, or fewer, than it did before
  | 'relay_rolled_back' // relay serves an older roster than it acknowledged
  | 'roster_forged'; // a roster that home did not sign, or that does not follow

export interface Room {
  readonly id: RoomId;
  readonly kind: RoomKind;
  /** For a direct message the other person's name; '' when unknown. */
  readonly title: string;
  readonly version: number;
  readonly myRole: Role;
  readonly unread: number;
  /** Unread messages that mention this person, as far as they have been opened here. */
  readonly mentions: number;
  readonly topic: string;
  /** `public`: everybody of the authority may come in. */
  readonly access: 'private' | 'public';
  /** The least role that may write. */
  readonly post: 'member' | 'moderator';
  readonly archived: boolean;
  /** Version of the room's picture; `null`: none. */
  readonly picture: string | null;
  /** `closed`: who comes later reads from there on. */
  readonly history: 'open' | 'closed';
  /** How long messages are kept, as `365d`; '': not known. */
  readonly retention: string;
  readonly pinned: boolean;
  readonly notify: 'all' | 'mentions' | 'none';
  /** Nobody owns it. */
  readonly ownerless: boolean;
  /** And one may take it over. */
  readonly mayOwn: boolean;
  /** ms since 1970 of the newest message known here; 0: none. Rooms are sorted by it, newest first. */
  readonly lastAt: number;
  /** By verified chain; oneself alone in rooms over 500, whose members load by page (`Session.roomPeople`). */
  readonly members: readonly Member[];
  /** How many members there are. */
  readonly count: number;
  /** Members whom relay has not let in yet, as while it is away. */
  readonly adding: readonly Pid[];
  /** Former members whom relay has not put out yet. */
  readonly removing: readonly Person[];
  readonly meeting: { readonly id: CallId; readonly people: readonly Pid[]; readonly devices: number } | null;
  readonly trouble: Trouble | null;
}

/** What home and relay show of the ledger does not fit together, so that somebody may have been shown another history; or a device is hidden. */
export type Alarm =
  | 'home_device_hidden' // a device has signed in as this person that home's list does not have, or calls ended when it is not
  | 'home_ledger_forked' // home's entries do not lead to what it signed, or what it signed before
  | 'home_ledger_withheld' // home shows less than it has signed
  | 'relay_head_forged' // relay shows a head that home did not sign
  | 'relay_head_withheld'; // relay shows an old head, or none, for more than five minutes

/** States before and after opening, each with its sentence in the catalogues. */
export type Opening =
  | 'opened'
  | 'no_key_yet'
  | 'home_away'
  | 'not_entitled'
  | 'purged'
  | 'cannot_open' // the one undivided failure: tampered, or a signature that does not hold
  | 'newer_version';

/** What a message quotes, as its author gave it. */
export interface Quote {
  readonly id: MsgId;
  readonly pid: Pid;
  readonly text: string;
}

/** A file that goes with a message. */
export interface FileRef {
  readonly name: string;
  /** Media type, as the sender's browser gave it. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** 32 bytes. */
  readonly key: Bytes;
  /** The object's name at relay, 64 hex digits. */
  readonly object: string;
  /** Pixels of a picture. */
  readonly width?: number;
  readonly height?: number;
  /** Length of sound or film. */
  readonly seconds?: number;
}

/** What somebody is about to say. */
export interface Draft {
  /** Markdown. */
  readonly text: string;
  readonly mentions?: readonly Pid[];
  /** Everybody in the room is mentioned. */
  readonly mentionsAll?: boolean;
  readonly quote?: Quote;
  readonly files?: readonly FileRef[];
  /** The root of the thread that it answers in; of an edit, what the message was in counts. */
  readonly thread?: MsgId;
}

export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  readonly mine: boolean;
  /** At most 50 of them, the first ones first. */
  readonly people: readonly Pid[];
}

export interface Message {
  readonly id: MsgId;
  readonly room: RoomId;
  readonly author: Person;
  readonly mine: boolean;
  /** ms since 1970 */
  readonly sentAt: number;
  /** A `call` has no text but `call`. */
  readonly kind: 'text' | 'call';
  readonly text: string;
  /** The root of the thread that it stands in. */
  readonly thread: MsgId | null;
  readonly edited: boolean;
  /** Who removed it: its text is gone here. */
  readonly deleted: null | 'author' | 'moderator';
  readonly mentions: readonly Pid[];
  /** Everybody is mentioned, by somebody who may do that. */
  readonly mentionsAll: boolean;
  /** This person is mentioned by somebody else, by name or with everybody. */
  readonly mentionsMe: boolean;
  readonly quote: Quote | null;
  readonly files: readonly FileRef[];
  /** Oldest first. */
  readonly reactions: readonly Reaction[];
  /** Of a thread's root, as far as known here; `null`: no thread. */
  readonly replies: { readonly count: number; /** ms since 1970 */ readonly lastAt: number; readonly people: readonly Pid[] } | null;
  /** `missed`: nobody answered for a minute, or the caller gave up. */
  readonly call: null | { readonly state: 'ringing' | 'answered' | 'declined' | 'cancelled' | 'missed' };
  readonly opening: Opening;
  /** Position at relay; `null` while it waits in the outbox. */
  readonly pos: number | null;
  /** `sent` is durable at relay; `draft` was kept because it may not be sent (`reason`). */
  readonly state: 'waiting' | 'sent' | 'draft';
  readonly reason: string | null;
}

export interface Timeline {
  /** Oldest first; waiting ones last. */
  readonly messages: readonly Message[];
  readonly loading: boolean;
  /** There is older history to load. */
  readonly more: boolean;
  /** There are newer messages than those shown, as after `jump`: `newer` loads them, `newest` goes to the end. */
  readonly moreNewer: boolean;
  /** Position of the last message read before the room was opened this time; the unread line goes after it. */
  readonly readUpTo: number;
  /** Positions before which a message is missing that its sender numbered: relay kept it back or lost it. */
  readonly gaps: readonly number[];
  /** People who are writing now (not oneself). */
  readonly typing: readonly Person[];
}

/** One open room. Call `close` when the screen goes. */
export interface RoomModel {
  readonly timeline: Readable<Timeline>;
  /** Queues it (durably on this device) and returns its id at once. Rejects with `too_long` or the room's trouble. */
  send(draft: Draft | string): Promise<MsgId>;
  /** Says anew what a message of one's own says. One that still waits is changed before it goes. */
  edit(id: MsgId, draft: Draft | string): Promise<void>;
  /** Takes a message away: one's own, or as a moderator. One that still waits is dropped. */
  remove(id: MsgId): Promise<void>;
  react(id: MsgId, emoji: string, on: boolean): Promise<void>;
  /** A thread, from its root on. Close it as the room. */
  thread(root: MsgId): ThreadModel;
  /** How far the other members have read, where the room has at most 100; empty otherwise. */
  readonly seen: Readable<ReadonlyMap<Pid, number>>;
  /** Loads what stands around a message; `false`: it is gone. */
  jump(id: MsgId): Promise<boolean>;
  /** Back to the newest messages after a jump. */
  newest(): Promise<void>;
  /** The messages after those shown, after a jump. */
  newer(): Promise<void>;
  /** Puts a draft back for another try, or drops it. */
  retry(id: MsgId): Promise<void>;
  discard(id: MsgId): Promise<void>;
  older(): Promise<void>;
  /** Everything shown has been read. */
  read(): void;
  typing(): void;
  close(): void;
}

/** One open thread of a room. */
export interface ThreadModel {
  /** The root, and what was answered to it. */
  readonly timeline: Readable<Timeline>;
  older(): Promise<void>;
  close(): void;
}

/** What has just happened, for notices and ringing. */
export interface SessionEvents {
  /**
   * Once for every message and every ring by others that has come and been opened, of whichever room, in whichever order. `live`: it was
   * written in the last minute, and has not come while this device was catching up.
   */
  onMessage(listener: (message: Message, room: Room, live: boolean) => void): () => void;
}

export type Connection =
  | 'starting'
  | 'online'
  | 'relay_away' // reconnecting, with jitter
  | 'home_away' // relay works, home does not answer
  | 'lapsed' // home has not answered for so long that relay takes this device no more
  | 'offline'
  | 'replaced' // a copy of this browser's profile is connected in its place; `useHere()` takes it back
  | 'signed_out'
  | 'revoked';

export interface DeviceInfo {
  readonly id: Dev;
  readonly label: string;
  /** ms since 1970, as `seen`. */
  readonly created: number;
  readonly seen: number;
  /** ms since 1970: until when it needs no new sign-in. */
  readonly ends: number;
  /** Its browser keeps what it stores; otherwise it is signed in for 12 hours at a time. */
  readonly persistent: boolean;
  readonly here: boolean;
  /** Signed out, there or from afar. */
  readonly revoked: boolean;
  /** Reported lost. */
  readonly lost: boolean;
  /** Signed in after this device, and nobody has said yet whether it was this person. */
  readonly asks: boolean;
}

export interface JoinReply {
  readonly livekit: string;
  readonly token: string;
  readonly meeting: CallId;
}

/** Keys and events that a meeting needs. `base` never leaves as bytes that JavaScript of the page keeps: a CryptoKey. */
export interface MeetingAccess {
  readonly me: { readonly pid: Pid; readonly dev: Dev };
  join(): Promise<JoinReply>;
  /** The current epoch of the room by the verified roster; changes when it does. */
  readonly epoch: Readable<number>;
  /** The verified members: a track of anybody else is refused. */
  readonly members: Readable<ReadonlySet<Pid>>;
  /**
   * The media base secret (docs/protocol.md, Media; HKDF-SHA512 `CryptoKey`, not extractable, usage `deriveBits`) of an epoch and a UTC day
   * (days since 1970). Rejects with `Refusal` (`not_entitled`, `home_away`, …). Fetched once, leased at most 24 h.
   */
  base(epoch: number, day: number): Promise<CryptoKey>;
  ack(meeting: CallId, epoch: number): void;
  onAck(listener: (meeting: CallId, pid: Pid, dev: Dev, epoch: number) => void): () => void;
  /** Asks home for the newest roster now (every 30 s in a meeting, so that relay cannot hide a removal). */
  refresh(): Promise<void>;
  name(pid: Pid): string | null;
}

/** What a room's owners and moderators may change; what is absent stays. */
export interface RoomChange {
  readonly title?: string;
  readonly topic?: string;
  readonly post?: Room['post'];
  readonly access?: Room['access'];
  readonly history?: Room['history'];
  readonly archived?: boolean;
}

/** Choices that live at home: one's own, which are the same on all of one's devices, and those for rooms. */
export interface SessionSettings {
  readonly own: Readable<Settings>;
  change(change: Partial<Settings>): Promise<void>;
  readonly mayMakeChannels: boolean;
  /** Pins a room, or says of what in it one wants to be told. */
  seeRoom(room: RoomId, how: Partial<Mine>): Promise<void>;
  markRead(room: RoomId): void;
  changeRoom(room: RoomId, change: RoomChange): Promise<void>;
  /** One small PNG or WebP; `null` takes it away. */
  setPicture(room: RoomId, picture: Bytes | null): Promise<void>;
  /** Owns what nobody owns. */
  takeOver(room: RoomId): Promise<void>;
  /** A page of the public channels. */
  channels(query: string, skip: number, limit: number): Promise<Channels>;
  join(room: RoomId): Promise<void>;
}

/** What is looked for. All of it must fit; of several people, rooms or kinds, any one. */
export interface SearchQuery {
  /** Words, "phrases", and filters as words (docs/protocol.md, `POST /search`). */
  readonly text: string;
  readonly by?: readonly Pid[];
  readonly rooms?: readonly RoomId[];
  readonly has?: readonly SearchHas[];
  /** Written at this time or later, and earlier than that one (ms since 1970). */
  readonly after?: number | null;
  readonly before?: number | null;
  readonly mentions?: boolean;
  readonly order?: 'best' | 'newest';
}

export type SearchHas = 'file' | 'picture' | 'pdf' | 'sound' | 'film' | 'link';

/** One message that was found, opened here. */
export interface SearchHit {
  readonly room: RoomId;
  readonly id: MsgId;
  readonly pos: number;
  readonly thread: MsgId | null;
  readonly author: Person;
  /** ms since 1970 */
  readonly sentAt: number;
  readonly match: 'exact' | 'form' | 'part' | 'none';
  readonly opening: Opening;
  readonly text: string;
  readonly files: readonly FileRef[];
  readonly edited: boolean;
}

export interface SearchPage {
  readonly hits: readonly SearchHit[];
  readonly total: number;
  /** There may be more than `total`. */
  readonly least: boolean;
  /** For the next page; `null`: this was the last one. */
  readonly cursor: string | null;
  /** The words that were found, folded as {@link ../search/marks} folds. */
  readonly marks: readonly string[];
  /** So many of so many envelopes are in home's index. */
  readonly indexed: number;
  readonly of: number;
}

export interface SessionSearch {
  /** Rejects with `bad_search` (and its place in the text), `rate_limited`, `home_away`. */
  find(query: SearchQuery, cursor?: string): Promise<SearchPage>;
  /** Positions of unread messages that mention this person or everybody, newest first, at most 100 a room. */
  mentions(): Promise<ReadonlyMap<RoomId, readonly number[]>>;
}

/** What becomes of a ring. */
export type CallWord = 'answered' | 'declined' | 'cancelled' | 'missed';

/** Calls: a ring is a message of kind `call`, and what becomes of it is said on it. */
export interface Calls {
  /** Rings a room; its id. Rejects with `relay_away`, since a call does not wait, and as `RoomModel.send` does. */
  ring(room: RoomId): Promise<MsgId>;
  /** Says what becomes of a ring, to everybody's devices. */
  say(room: RoomId, ring: MsgId, word: CallWord): Promise<void>;
  /** The newest 100 calls of direct messages and small groups, newest first, as far as this device has their messages. */
  list(): Promise<readonly Message[]>;
}

/** Why a message is reported, and what came of it. */
export type Reason = 'harassment' | 'hate' | 'personal' | 'spam' | 'other';
export type Outcome = 'removed' | 'blocked' | 'spoken' | 'nothing';
export type ReportsOf = 'open' | 'closed' | 'mine';

export interface BlockedPerson {
  readonly person: Person;
  readonly by: Person;
  /** ms since 1970 */
  readonly at: number;
}

/** A reported message, as who decides or the reporter sees it. Times in ms since 1970. */
export interface Report {
  readonly report: number;
  readonly room: RoomId;
  /** The room's; '' for a direct message. */
  readonly title: string;
  readonly msg: MsgId;
  readonly author: Person;
  readonly reporter: Person;
  readonly reason: Reason;
  readonly words: string;
  /** The message as the reporter saw it. */
  readonly text: string;
  readonly at: number;
  readonly closed: number | null;
  readonly by: Person | null;
  readonly outcome: Outcome | null;
  readonly answer: string;
}

export interface ReportPage {
  readonly reports: readonly Report[];
  /** How many there are of this kind. */
  readonly count: number;
  /** How many wait for this person's decision. */
  readonly waiting: number;
  /** Whether this person decides anywhere. */
  readonly decides: boolean;
}

/** Beside the chat: blocks, reports, webhooks, one's own data. What changes a room rejects as `changeMembers` does. */
export interface Moderation {
  /** Removes somebody, who can come back only when that is lifted. */
  block(room: RoomId, pid: Pid): Promise<void>;
  blocked(room: RoomId): Promise<readonly BlockedPerson[]>;
  unblock(room: RoomId, pid: Pid): Promise<void>;
  /** Who will decide over it. */
  report(message: Message, reason: Reason, words: string): Promise<'room' | 'authority'>;
  reports(which: ReportsOf, skip: number): Promise<ReportPage>;
  close(report: number, outcome: Outcome, answer: string): Promise<void>;
  hooks(room: RoomId): Promise<readonly Hook[]>;
  /** The address is told this once. */
  makeHook(room: RoomId, name: string): Promise<{ readonly hook: Hook; readonly url: string }>;
  turnHook(room: RoomId, pid: Pid): Promise<{ readonly hook: Hook; readonly url: string }>;
  removeHook(room: RoomId, pid: Pid): Promise<void>;
  export(): Promise<Export>;
  beginExport(): Promise<Export>;
}

export interface SessionModeration {
  /** Another number when a report waits for this person, or one of theirs was decided. */
  readonly news: Readable<number>;
  /** It loads when it is needed first. */
  load(): Promise<Moderation>;
}

/** How present somebody is, as far as one may know: `away` is no input for ten minutes. */
export type PresenceState = 'online' | 'away' | 'meeting' | 'offline';

export interface Session {
  readonly me: Person;
  readonly dev: Dev;
  readonly authority: string;
  readonly connection: Readable<Connection>;
  /** The ledger is compared at the start and every ten minutes. */
  readonly alarm: Readable<Alarm | null>;
  readonly rooms: Readable<readonly Room[]>;
  readonly events: SessionEvents;
  openRoom(id: RoomId): RoomModel;
  /** For as long as somebody listens, the person counts as shown. */
  presence(pid: Pid): Readable<PresenceState>;
  /** Who that is, as far as home has told; asks home else, and what shows the person changes when it answers. */
  person(pid: Pid): Person;
  /** What was written here and not sent, as the screens keep it: under the device's own key; on a shared computer nothing. */
  unfinished(): Promise<string | null>;
  keepUnfinished(text: string): Promise<void>;
  searchPeople(query: string, limit?: number): Promise<readonly Person[]>;
  /** A page of a room's members by name, or of those whom a search finds; `count`: of all of them. */
  roomPeople(room: RoomId, query: string, skip: number, limit: number): Promise<{ readonly people: readonly Member[]; readonly count: number }>;
  /** A direct message with exactly one other person opens the existing room if there is one. */
  createRoom(kind: RoomKind, title: string, members: readonly Pid[], rules?: Pick<RoomChange, 'topic' | 'post' | 'access' | 'history'>): Promise<RoomId>;
  changeMembers(
    room: RoomId,
    change: {
      add?: readonly Pid[];
      remove?: readonly Pid[];
      role?: readonly { readonly pid: Pid; readonly role: Role }[];
    },
  ): Promise<void>;
  /** Rejects with `last_owner`, unless `ownerless` says that the room shall have none. */
  leaveRoom(room: RoomId, ownerless?: boolean): Promise<void>;
  readonly settings: SessionSettings;
  readonly calls: Calls;
  readonly search: SessionSearch;
  readonly moderation: SessionModeration;
  meeting(room: RoomId): MeetingAccess;
  /** Sending and opening files; it loads when it is needed first (`../files`). */
  readonly files: { readonly now: Readable<Files | null>; load(): Promise<Files> };
  devices(): Promise<readonly DeviceInfo[]>;
  /** Devices that ask whether it was this person who signed in there, oldest first. */
  readonly askingDevices: Readable<readonly DeviceInfo[]>;
  /** It was. */
  knowDevice(dev: Dev): Promise<void>;
  /** Signs a device out from afar. `lost`: somebody else may have it, so every room gets a new key. */
  endDevice(dev: Dev, how: { readonly lost: boolean }): Promise<void>;
  /** Makes this tab the one that is connected, wherever the connection is now. */
  useHere(): Promise<void>;
  signOut(): Promise<void>;
  /** Drops connections and timers (page goes away). */
  close(): void;
}

/** How a session begins. */
export interface Doorway {
  /**
   * The session of who is signed in, or `null` when nobody is. Rejects with `home_away` when home does not answer, and with
   * `device_revoked`, when all that was kept here is gone.
   */
  resume(): Promise<Session | null>;
  /** Rejects with `sign_in_failed`, `too_many_tries`, `home_away`, `device_revoked`. */
  signIn(user: string, password: string, options: { sharedComputer: boolean }): Promise<Session>;
}
