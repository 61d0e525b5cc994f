// Made by scripts/wire.mjs from the wire structs in src/samrum/wire (make wire). Not to be edited by hand.
import type { Bytes } from './bytes';
import type { CallId, Dev, KeyId, MsgId, Pid, RoomId, TenantId } from './ids';

/** Who may come in without being added. */
export type Access = 'private' | 'public';

/** The version that relay now holds. */
export interface Applied {
  version: number;
}

/** New envelopes of a room, at `pos`, `pos + 1`, …; goes to every member's connection, the sender's too. */
export interface Batch {
  room: RoomId;
  pos: number;
  env: Bytes[];
}

/** `GET /rooms/{room}/blocked` → who was blocked, newest first: owners and moderators. */
export interface Blocked {
  people: BlockedPerson[];
}

/** Somebody who can neither be invited nor join until `POST /rooms/{room}/unblock`. */
export interface BlockedPerson {
  person: Person;
  by: Pid;
  at: number;
}

/** Relay closes after this. `code` is a `Code`. */
export interface Bye {
  code: string;
}

/** Home signs one HTTP call to relay; valid 60 s, `jti` used once. `bh` is SHA-256 of the body, base64url. */
export interface Call {
  tenant: TenantId;
  htm: string;
  path: string;
  bh: string;
  iat: number;
  jti: string;
}

/** What is said of a call; all but `ring` refer to a ring. */
export type CallWord = 'answered' | 'cancelled' | 'declined' | 'missed' | 'ring';

/** Home certifies that device `dev` with key `cnf` belongs to pseudonym `sub`. */
export interface Cert {
  iss: TenantId;
  sub: Pid;
  dev: Dev;
  cnf: Confirmation;
  iat: number;
  exp: number;
  persistent: boolean;
}

/** Certificates by device, oldest first; unknown devices are left out. */
export interface Certs {
  certs: Partial<Record<Dev, string[]>>;
}

/** `POST /rooms/{room}/members` → `Changed`. Owners and moderators; everyone may remove themself. */
export interface ChangeMembers {
  add: MemberChange[];
  remove: Pid[];
  role: MemberChange[];
  at_once: boolean;
  block: boolean;
  ownerless: boolean;
}

/** `PATCH /rooms/{room}` → `Changed`. What is absent stays. Title, topic and posting are for owners and moderators; access, history and the archive for owners. */
export interface ChangeRoom {
  title: string | null;
  topic: string | null;
  post: Post | null;
  access: Access | null;
  history: HistoryRule | null;
  archived: boolean | null;
}

/** The room after a change, with its chain, the names of its members and the current keys. */
export interface Changed {
  room: Room;
  rosters: string[];
  people: Person[];
  keys: Keys;
  snapshot: string | null;
}

/** A public channel, as everybody of the authority may see it. */
export interface Channel {
  room: RoomId;
  title: string;
  count: number;
  topic: string;
  post: Post;
  picture: string | null;
  member: boolean;
}

/** `GET /channels?q=&skip=&limit=` → public channels that are not archived, by title; with `q` those that a search finds. `POST /rooms/{room}/join` (empty object) → `Changed`: comes in. `POST /rooms/{room}/own` (empty object) → `Changed`: takes a room over that nobody owns. */
export interface Channels {
  channels: Channel[];
  count: number;
}

/** `GET /client.json`, for anybody: the web client's files by path, each with its SHA-256 in hex. `digest` is SHA-256 (hex) over one line a file, sorted by path: `path "sha256"` and a line feed. It stands in the ledger. */
export interface ClientBuild {
  digest: string;
  files: Partial<Record<string, string>>;
}

/** `POST /reports/{report}/close` (204): what came of it. The reporter is told. Closed already: 409 `closed`. */
export interface CloseReport {
  outcome: Outcome;
  answer: string;
}

/** RFC 7800 `cnf`: the key whose possession the bearer proves. */
export interface Confirmation {
  jwk: Jwk;
}

/** What an envelope says. Keys are one letter since every message carries them. */
export interface Content {
  v: number;
  t: string;
  m: Pid[];
  a: boolean;
  q: Quoted | null;
  o: InFile[];
  e: string;
  x: boolean;
  c: CallWord | null;
}

/** One of one's own devices. */
export interface Device {
  dev: Dev;
  label: string;
  created: number;
  seen: number;
  ends: number;
  persistent: boolean;
  revoked: boolean;
  lost: boolean;
  asks: boolean;
}

/** `GET /devices`. */
export interface Devices {
  devices: Device[];
  former: Dev[];
}

/** `POST /devices/{dev}/revoke` (204 once relay has it, or after 2 s): signs a device of one's own out from afar. */
export interface EndDevice {
  lost: boolean;
}

/** The room's current key: its number (from 1), id and commitment SHA-256("samrum/kc/1" || K_e). */
export interface Epoch {
  n: number;
  key_id: KeyId;
  kc: string;
}

/** An epoch key: 32 bytes as base64url. The client checks the roster's commitment before use. */
export interface EpochKey {
  room: RoomId;
  epoch: number;
  key_id: KeyId;
  key: string;
}

/** `GET /export` → how far it is; `POST /export` (empty object) begins one, or is the answer of one that runs. `GET /export/file` is the ZIP, for the session that asked (else 404); 24 hours after it was made it is gone. */
export interface Export {
  state: ExportState;
  done: number;
  total: number;
  made: number | null;
  ends: number | null;
  size: number;
  here: boolean;
}

/** How far an export is. */
export type ExportState = 'failed' | 'none' | 'ready' | 'running';

/** A page of the room around one message; answered by `Page`, or `Error` with `not_found`. */
export interface Find {
  re: number;
  room: RoomId;
  msg: MsgId;
  limit: number;
}

/** A page of hits, the best (or newest) first. */
export interface Found {
  hits: Hit[];
  total: number;
  least: boolean;
  cursor: string;
  marks: string[];
  indexed: number;
  of: number;
}

/** The token by which a device speaks to relay. `lobby` restricts it to one room's lobby. */
export interface Grant {
  iss: TenantId;
  aud: string;
  sub: Pid;
  dev: Dev;
  cnf: Confirmation;
  iat: number;
  exp: number;
  jti: string;
  lobby: RoomId | null;
}

/** What a message brings along. */
export type Has = 'file' | 'film' | 'link' | 'pdf' | 'picture' | 'sound';

/** The ledger's head after entry `n`: head_n = SHA-256(head_{n-1} || h_n). */
export interface Head {
  tenant: TenantId;
  n: number;
  head: string;
  iat: number;
}

/** Opens the conversation; relay answers `Nonce`. */
export interface Hello {
  v: number;
  grant: string;
}

/** Ed25519(device key, `hello_bytes(…)`); relay answers `Welcome`. */
export interface HelloProof {
  sig: Bytes;
}

/** A content-free word to a room or a person, after which the browser asks home. */
export interface Hint {
  tenant: TenantId;
  to: string;
  topic: Topic;
  iat: number;
  version: number;
}

/** Home's hint, verbatim. */
export interface HintIs {
  jws: string;
}

/** A page of a room, newest last: up to `limit` envelopes before or after a position; answered by `Page`. With neither, the newest ones. */
export interface History {
  re: number;
  room: RoomId;
  before: number | null;
  after: number | null;
  limit: number;
}

/** From where a new member may read. */
export type HistoryRule = 'closed' | 'open';

/** One message that was found. */
export interface Hit {
  room: RoomId;
  msg: MsgId;
  pos: number;
  pid: Pid;
  at: number;
  match: Match;
  thread: MsgId | null;
  sealed: string[];
}

/** `GET /health`. */
export interface HomeHealth {
  ok: boolean;
  outbox: number;
}

/** One of home's signing keys, valid from `iat`. */
export interface HomeKey {
  kid: KeyId;
  jwk: Jwk;
  iat: number;
}

/** One webhook of a room. */
export interface Hook {
  pid: Pid;
  name: string;
  by: Pid;
  created: number;
  used: number | null;
  waiting: number;
}

/** A new webhook, or `POST /rooms/{room}/hooks/{pid}/rotate` of an old one; `POST /rooms/{room}/hooks/{pid}/remove` (204) ends it. */
export interface HookMade {
  hook: Hook;
  url: string;
}

/** `GET /rooms/{room}/hooks`: owners. */
export interface Hooks {
  hooks: Hook[];
}

/** Hours in which nothing rings, from a minute of the day to another: past midnight if that is not later. */
export interface Hours {
  start: number;
  end: number;
  days: number[];
}

/** A file that goes with a message: what it is, and the key and the name of the object that holds it. */
export interface InFile {
  n: string;
  t: string;
  s: number;
  k: Bytes;
  b: string;
  w: number | null;
  h: number | null;
  d: number | null;
}

/** `POST /rooms/{room}/join`, empty body → where and how to enter the room's meeting. The token lives 60 s. */
export interface Join {
  livekit: string;
  token: string;
  meeting: CallId;
}

/** A public Ed25519 key as JWK (RFC 8037 section 2). */
export interface Jwk {
  kty: string;
  crv: string;
  x: string;
}

/** Answer of `POST /keys`. */
export interface Keys {
  keys: EpochKey[];
  media: MediaBase[];
  refused: Refused[];
}

/** The kinds of room. */
export type Kind = 'channel' | 'direct' | 'group';

/** Asks for this device's own last envelope in a room; answered by `LastIs`. */
export interface Last {
  re: number;
  room: RoomId;
}

/** Answer to `Last`; without `env` this device has sent nothing in that room. */
export interface LastIs {
  re: number;
  room: RoomId;
  env: Bytes | null;
}

/** Without `env` the device has sent nothing in that room. MessagePack. */
export interface LastOf {
  env: Bytes | null;
}

/** `GET /ledger?after=n&limit=…` → entries and the signed head. */
export interface Ledger {
  head: string | null;
  entries: LedgerEntry[];
}

/** One line of the ledger as written, and its place. */
export interface LedgerEntry {
  n: number;
  line: string;
}

/** To whom a report goes. */
export type Level = 'authority' | 'room';

/** `GET /rooms/{room}/members?after=pid`: a page of the member list of the newest snapshot, in the order in which it is hashed. */
export interface Listed {
  version: number;
  members: [Pid, Role, number | null][];
  more: boolean;
}

/** `GET /tenants/{tenant}/log?after=&limit=` (home's call, empty body), MessagePack: messages after a cursor, oldest first. `cursor` is where to go on; `more` if others wait already. At most 1,000 messages and 8 MiB of envelopes. */
export interface LogPage {
  cursor: number;
  rows: LogRow[];
  more: boolean;
}

/** One stored message: its number in commit order over all rooms, its place in its room, and the envelope. */
export interface LogRow {
  n: number;
  room: RoomId;
  pos: number;
  env: Bytes;
}

/** The loosest way in which one of the words was found. */
export type Match = 'exact' | 'form' | 'none' | 'part';

/** I hold the media key of this epoch; relay passes it to the meeting. */
export interface MediaAck {
  meeting: CallId;
  epoch: number;
}

/** A device in the meeting holds that epoch's media key. */
export interface MediaAckIs {
  meeting: CallId;
  pid: Pid;
  dev: Dev;
  epoch: number;
}

/** The media base secret of a room's current epoch and one UTC day (days since 1970): 32 bytes as base64url. */
export interface MediaBase {
  room: RoomId;
  epoch: number;
  day: number;
  base: string;
}

/** The room's running meeting; an empty `present` with no `meeting` ends it. */
export interface Meeting {
  room: RoomId;
  meeting: CallId | null;
  present: Present[];
}

/** One member and the role it shall have. */
export interface MemberChange {
  pid: Pid;
  role: Role;
}

/** One member as a roster adds it. */
export interface MemberEntry {
  pid: Pid;
  role: Role;
  until: number | null;
}

/** `GET /mentions` → the positions of unread messages that mention oneself or everybody, by room, newest first, at most 100 each. */
export interface Mentions {
  rooms: Partial<Record<RoomId, number[]>>;
}

/** `PUT /rooms/{room}/mine` → 204: how one member sees the room, the same on all of their devices. */
export interface Mine {
  pinned: boolean;
  notify: Notify;
}

/** `POST /rooms/{room}/hooks` → `HookMade`: owners; at most 20 a room (409 `too_many`). */
export interface NewHook {
  name: string;
}

/** `POST /objects` → `ObjectMade`: begins an upload of so many bytes in all, the seal included (`wire.files`). */
export interface NewObject {
  size: number;
}

/** `POST /reports` → `Reported`. The same person reports a message once; a repeat is the same report. */
export interface NewReport {
  room: RoomId;
  msg: MsgId;
  author: Pid;
  reason: Reason;
  words: string;
  text: string;
}

/** `POST /rooms` → `Changed`. `room` is chosen by the client, so that a repeated request makes one room. A direct message has exactly one other member and no title; if it exists already, that room is the answer. */
export interface NewRoom {
  room: RoomId;
  kind: Kind;
  members: Pid[];
  title: string;
  history: HistoryRule;
  topic: string;
  access: Access;
  post: Post;
}

/** 32 random bytes to sign. */
export interface Nonce {
  nonce: Bytes;
}

/** Of what in a room its member wants to be told. */
export type Notify = 'all' | 'mentions' | 'none';

/** `PUT /objects/{object}?offset=` with at most 8 MiB → how many bytes are durable now, from the first on. */
export interface ObjectHas {
  have: number;
}

/** The name that relay gave it. */
export interface ObjectMade {
  object: string;
  have: number;
}

/** `GET /objects/{object}/state`, for the uploader. Complete when `have` is `size`; only then a message may link it. */
export interface ObjectState {
  have: number;
  size: number;
}

/** What comes first. */
export type Order = 'best' | 'newest';

/** Put out of the running meeting until `until`. */
export interface OutEntry {
  pid: Pid;
  until: number;
}

/** What came of a report. */
export type Outcome = 'blocked' | 'nothing' | 'removed' | 'spoken';

/** Answer to `History`, `Refs`, `Thread` and `Find`: envelopes with their positions, oldest first; `more` where there are further ones that way (of `Find`: before it). */
export interface Page {
  re: number;
  room: RoomId;
  pos: number[];
  env: Bytes[];
  more: boolean;
}

/** What lies before a snapshot, for whoever asks: of a room up to roster `version`, some epochs and some people's membership. */
export interface Past {
  tenant: TenantId;
  room: RoomId;
  version: number;
  epochs: Epoch[];
  members: PastMember[];
  led: PastMember[] | null;
}

/** When one pseudonym was a member, in order; never, if `spans` is empty. */
export interface PastMember {
  pid: Pid;
  spans: [number, number | null][];
}

/** `GET /people?q=…&limit=…` (search over the directory) and `POST /names` → people. */
export interface People {
  people: Person[];
}

/** A person as colleagues see them. Only home and browsers ever hold this. */
export interface Person {
  pid: Pid;
  name: string;
  department: string;
  title: string;
  status: string;
  status_until: number | null;
  integration: boolean;
}

/** Answered by `Pong`; sent every 25 s when idle. */
export interface Ping {
}

/** What relay must know of a room's rules. Titles and topics are home's alone. */
export interface Policy {
  kind: Kind;
  history: string;
  post: string;
}

/** Answer to `Ping`. `now`: relay's clock, ms since 1970. */
export interface Pong {
  now: number;
}

/** `GET /tenants/{tenant}/positions?after=` (home's call, empty body): the newest position of each room that grew after a cursor. */
export interface Positions {
  cursor: number;
  rooms: Partial<Record<RoomId, number>>;
  more: boolean;
}

/** The least role that may write; `moderator`: announcements. */
export type Post = 'member' | 'moderator';

/** Whose presence my screen shows now, in place of what I asked before, and whether I am away myself. Answered by `PresenceIs`, at once and whenever one of them changes, at most once a second. */
export interface Presence {
  pids: Pid[];
  away: boolean;
}

/** How present people are; whoever was never named is `offline`. */
export interface PresenceIs {
  of: Partial<Record<Pid, PresenceState>>;
}

/** How present a person is: the most present of their devices counts. */
export type PresenceState = 'away' | 'meeting' | 'offline' | 'online';

/** One device in a meeting. */
export interface Present {
  pid: Pid;
  dev: Dev;
}

/** The body of every HTTP error: a code, and what a client needs to go on. Never a text for people, never content. */
export interface Problem {
  code: string;
  retry_after: number | null;
  have: number | null;
  at: number | null;
}

/** Signed by a device: it makes this request to home now. 60 s, `jti` used once. */
export interface Proof {
  htm: string;
  path: string;
  bh: string;
  iat: number;
  jti: string;
}

/** `GET /keys.json`, for anybody: whose home this is, and with what its statements are verified. */
export interface PublicKeys {
  tenant: TenantId;
  authority: string;
  keys: HomeKey[];
}

/** What a message quotes, as its author gives it: who opens it compares, where the quoted message is at hand. */
export interface Quoted {
  id: MsgId;
  pid: Pid;
  t: string;
}

/** I have read up to `pos`; relay passes it to the room and never moves it back. */
export interface Read {
  room: RoomId;
  pos: number;
}

/** Somebody's read position. */
export interface ReadIs {
  room: RoomId;
  pid: Pid;
  pos: number;
}

/** `GET /tenants/{tenant}/reads?after=` (home's call, empty body), MessagePack: read positions that moved after a cursor, each once. `cursor` is where to go on; `more` if others wait already. */
export interface ReadLog {
  cursor: number;
  rows: [RoomId, Pid, number][];
  more: boolean;
}

/** How far everybody has read; answered by `ReadsAre`, or in rooms over `PRESENCE_MEMBERS` by `Error` with `unsupported`. */
export interface Reads {
  re: number;
  room: RoomId;
}

/** Answer to `Reads`: positions of the members that have read anything. */
export interface ReadsAre {
  re: number;
  room: RoomId;
  of: Partial<Record<Pid, number>>;
}

/** Why a message is reported. */
export type Reason = 'harassment' | 'hate' | 'other' | 'personal' | 'spam';

/** The envelopes that refer to these messages (edits, reactions, deletions, answers to calls), by position; answered by `Page`. For messages that were fetched apart from what came after them. */
export interface Refs {
  re: number;
  room: RoomId;
  of: MsgId[];
  after: number;
  limit: number;
}

/** A key that is not released, and why (a `Code`). */
export interface Refused {
  room: RoomId;
  epoch: number;
  code: string;
}

/** Where relay is. */
export interface RelayAddress {
  http: string;
  stream: string;
}

/** `GET /health`. */
export interface RelayHealth {
  ok: boolean;
  livekit: boolean;
}

/** A newer grant of the same device; relay answers nothing. Without it relay closes at the grant's end. */
export interface Renew {
  grant: string;
}

/** `POST /grant` (empty object), *proof* → a new grant, certificate and address; hourly. */
export interface Renewed {
  cert: string;
  grant: string;
  relay: RelayAddress;
}

/** One report, as who decides or the reporter sees it. */
export interface ReportInfo {
  report: number;
  room: RoomId;
  title: string;
  msg: MsgId;
  author: Pid;
  reporter: Pid;
  reason: Reason;
  words: string;
  text: string;
  level: Level;
  at: number;
  closed: number | null;
  by: Pid | null;
  outcome: Outcome | null;
  answer: string;
}

/** The report's number, and to whom it went. */
export interface Reported {
  report: number;
  level: Level;
}

/** `GET /reports?which=open|closed|mine&skip=` → a page of 50, newest first, and the names that stand in it. */
export interface Reports {
  reports: ReportInfo[];
  people: Person[];
  count: number;
  waiting: number;
  decides: boolean;
}

/** Ends a device, or (without `dev`) everything of a pseudonym, until `until`, when its last grant has expired. */
export interface Revoke {
  tenant: TenantId;
  pid: Pid;
  iat: number;
  until: number;
  dev: Dev | null;
}

/** What a member may do: an owner everything, a moderator the room's people and messages, a guest one meeting. */
export type Role = 'guest' | 'member' | 'moderator' | 'owner';

/** A room as one member sees it. The signed chain comes apart (`Rosters`). */
export interface Room {
  room: RoomId;
  kind: Kind;
  version: number;
  delivered: number;
  title: string;
  removed: boolean;
  count: number;
  role: Role | null;
  adding: Pid[];
  removing: Pid[];
  topic: string;
  access: Access;
  post: Post;
  history: HistoryRule;
  retention: string;
  archived: boolean;
  picture: string | null;
  ownerless: boolean;
  may_own: boolean;
  mine: Mine | null;
}

/** One room as relay sees it, in `Welcome`. `version` and `members` (hash of relay's own member list, as in a snapshot) let the client notice an edited or rolled back relay. */
export interface RoomHead {
  pos: number;
  version: number;
  members: string;
  read: number;
  unread: number;
}

/** `GET /rooms/{room}/people?q=&skip=&limit=`: a page of the members by name, or of those whom a search finds. */
export interface RoomPeople {
  people: RoomPerson[];
  count: number;
}

/** A member as colleagues see it. */
export interface RoomPerson {
  person: Person;
  role: Role;
}

/** `PUT /rooms/{room}/picture` and `DELETE /rooms/{room}/picture` → `Changed`; 422 `bad_picture`. One PNG or WebP by its bytes, at most 256 x 256 pixels and 100 kB, with nothing in it but the picture. `GET /rooms/{room}/picture?v=` → the bytes, for who is in the room or may see it in `GET /channels`. */
export interface RoomPicture {
  data: string;
}

/** One signed, chained change of a room's membership. Version 1 creates the room. */
export interface Roster {
  tenant: TenantId;
  room: RoomId;
  version: number;
  prev: string;
  epoch: Epoch;
  policy: Policy;
  at: number;
  add: MemberEntry[];
  remove: Pid[];
  out: OutEntry[];
  role: MemberEntry[];
  members: string | null;
}

/** Relay has applied a roster that is too long to pass on (over `LONG_ROSTER`): home has it. Otherwise as `RosterIs`. */
export interface RosterAt {
  room: RoomId;
  version: number;
  members: string;
}

/** Relay has applied this roster; `members` as in `RoomHead`. Goes to the members before and after the change. */
export interface RosterIs {
  jws: string;
  members: string;
}

/** Chains by room, oldest first; as much of them as fits: who still lacks some asks again. */
export interface Rosters {
  rosters: Partial<Record<RoomId, string[]>>;
  snapshots: Partial<Record<RoomId, string>>;
}

/** `POST /search` → `Found`; 422 `bad_search` with `at`. All filters must fit; of several values of one filter, any. `text` holds words, which all have to occur, "phrases" in quotes, and filters as words: `from:` (`från:`, `von:`), `in:` (`i:`), `has:` (`har:`, `hat:`), `before:` (`före:`, `vor:`), `after:` (`efter:`, `nach:`), each with a name, a title, a kind or a date (2026-11-24), in quotes if it has spaces. */
export interface Search {
  text: string;
  by: Pid[];
  rooms: RoomId[];
  has: Has[];
  after: number | null;
  before: number | null;
  zone: string;
  mentions: boolean;
  order: Order;
  limit: number;
  cursor: string;
}

/** Store and pass on one envelope; answered by `Sent`, or `Error` with `msg`. `objects` are the files that it links. */
export interface Send {
  env: Bytes;
  objects: string[];
}

/** The envelope is durable at `pos`; `hash` is SHA-256 of the stored bytes. */
export interface Sent {
  msg_id: MsgId;
  room: RoomId;
  pos: number;
  hash: Bytes;
}

/** `GET /session` → who is signed in; 401 `signed_out`. `POST /sign-out` (204) ends it with its device. 403 `device_revoked` to any request of a session whose device was revoked: the browser forgets what it holds. */
export interface Session {
  pid: Pid;
  tenant: TenantId;
}

/** `GET /settings` → one's own; `PUT /settings` → 204: all of them anew, on every device. 422 `bad_text`. */
export interface Settings {
  language: '' | 'de' | 'en' | 'sv';
  status: string;
  status_until: number | null;
  desktop: boolean;
  sound: boolean;
  mail: boolean;
  quiet: Hours | null;
  quiet_until: number | null;
  zone: string;
  typing: boolean;
}

/** `POST /sign-in` → `Session` and the cookie; 401 `sign_in_failed`, 429 `too_many_tries`. */
export interface SignIn {
  user: string;
  password: string;
}

/** `GET /since/{cursor}` → what changed for me: rooms anew (with `removed` for those lost), `devices` if my list did. */
export interface Since {
  cursor: number;
  rooms: Room[];
  rosters: Partial<Record<RoomId, string[]>>;
  people: Person[];
  devices: boolean;
  settings: Settings | null;
  reports: boolean;
}

/** A place to start a chain from: the state after `version`. `prev` is what the next roster's `prev` must be. */
export interface Snapshot {
  tenant: TenantId;
  room: RoomId;
  version: number;
  prev: string;
  epoch: Epoch;
  policy: Policy;
  count: number;
  members_hash: string;
  at: number;
}

/** `POST /start`, *proof* by the key in `jwk` → `Started`. Certifies a new device or renews a known one (idempotent). */
export interface Start {
  dev: Dev;
  jwk: Jwk;
  label: string;
  persistent: boolean;
}

/** All that a client needs to begin, in one reply (at most about 300 kB; the rest is asked for). */
export interface Started {
  me: Person;
  tenant: TenantId;
  authority: string;
  cert: string;
  grant: string;
  keys: HomeKey[];
  relay: RelayAddress;
  rooms: Room[];
  rosters: Partial<Record<RoomId, string[]>>;
  people: Person[];
  leased: Keys;
  cursor: number;
  now: number;
  snapshots: Partial<Record<RoomId, string>>;
  settings: Settings | null;
  may: string[];
}

/** The envelope is durable at `pos`; `hash` is SHA-256 of the stored bytes. MessagePack. */
export interface Stored {
  pos: number;
  hash: Bytes;
}

/** A frame was refused: `re` or `msg` says which. */
export interface StreamError {
  code: string;
  re: number | null;
  msg: MsgId | null;
  have: number | null;
  retry_after: number | null;
}

/** A page of a thread, newest last: its root, the replies, and what refers to them; answered by `Page`, whose positions have gaps. */
export interface Thread {
  re: number;
  room: RoomId;
  thread: MsgId;
  before: number | null;
  limit: number;
}

/** A `samrum-past` with the epochs that there were and all the pseudonyms asked for. */
export interface ToldPast {
  past: string;
}

/** What a hint may be about. */
export type Topic = 'call' | 'devices' | 'lobby' | 'names' | 'reports' | 'room' | 'settings';

/** I am writing in this room (sent at most every 3 s). */
export interface Typing {
  room: RoomId;
}

/** Somebody writes. */
export interface TypingIs {
  room: RoomId;
  pid: Pid;
}

/** `POST /rooms/{room}/unblock` (204): they may come back when somebody invites them. */
export interface Unblock {
  pids: Pid[];
}

/** `POST /certs` → every certificate of these devices, so that old signatures verify. */
export interface WantCerts {
  devs: Dev[];
}

/** `POST /keys`, *proof*: room keys by epoch, and media bases (today's and tomorrow's) of rooms' current epochs. */
export interface WantKeys {
  want: [RoomId, number][];
  media: RoomId[];
}

/** `POST /tenants/{tenant}/last` (home's call), MessagePack → `LastOf`: asks for the last envelope of an integration's device. */
export interface WantLast {
  grant: string;
  room: RoomId;
}

/** `POST /names` → `People`. */
export interface WantNames {
  pids: Pid[];
}

/** `POST /rooms/{room}/past` → `ToldPast`: what lies before roster `version`, for who began from a snapshot. */
export interface WantPast {
  version: number;
  epochs: number[];
  pids: Pid[];
  led: boolean;
}

/** `POST /rosters`: each room's statements after a version; rooms that are not one's own are left out. */
export interface WantRosters {
  rooms: Partial<Record<RoomId, number>>;
  fresh: boolean;
}

/** The connection is open. `now`: relay's clock, ms since 1970. */
export interface Welcome {
  v: number;
  now: number;
  rooms: Partial<Record<RoomId, RoomHead>>;
  meetings: Partial<Record<RoomId, Meeting>>;
}

/** `GET /tenants/{tenant}/head` (a grant of that tenant): the last head that relay accepted, as home signed it. */
export interface Witnessed {
  jws: string | null;
}

/** Every code of the wire. */
export type Code =
  | 'bad_request'
  | 'too_large'
  | 'rate_limited'
  | 'not_found'
  | 'internal'
  | 'unsupported'
  | 'bad_origin'
  | 'cookie_refused'
  | 'sign_in_failed'
  | 'too_many_tries'
  | 'signed_out'
  | 'device_revoked'
  | 'device_unknown'
  | 'device_of_other'
  | 'too_many_devices'
  | 'bad_proof'
  | 'not_allowed'
  | 'bad_members'
  | 'bad_title'
  | 'bad_text'
  | 'bad_picture'
  | 'last_owner'
  | 'blocked'
  | 'report_closed'
  | 'too_many_hooks'
  | 'bad_search'
  | 'not_entitled'
  | 'no_such_epoch'
  | 'keys_away'
  | 'second_copy_away'
  | 'bad_grant'
  | 'grant_expired'
  | 'revoked'
  | 'not_a_member'
  | 'bad_call'
  | 'roster_gap'
  | 'bad_roster'
  | 'bad_head'
  | 'bad_frame'
  | 'bad_envelope'
  | 'bad_signature'
  | 'epoch_stale'
  | 'epoch_ahead'
  | 'seq_refused'
  | 'msg_id_taken'
  | 'clock'
  | 'store_failed'
  | 'bad_ref'
  | 'too_many'
  | 'slow'
  | 'replaced'
  | 'restart'
  | 'no_media'
  | 'no_such_object'
  | 'object_incomplete'
  | 'offset_gap'
  | 'bad_range'
  | 'too_many_uploads';

/** Frames of the client, by their number on the wire. */
export const CLIENT = {
  Hello: 1,
  HelloProof: 2,
  Send: 3,
  History: 4,
  Read: 5,
  Renew: 6,
  Typing: 7,
  MediaAck: 8,
  Ping: 9,
  Last: 10,
  Presence: 11,
  Refs: 12,
  Thread: 13,
  Reads: 14,
  Find: 15,
} as const;
export interface ClientFrames {
  Hello: Hello;
  HelloProof: HelloProof;
  Send: Send;
  History: History;
  Read: Read;
  Renew: Renew;
  Typing: Typing;
  MediaAck: MediaAck;
  Ping: Ping;
  Last: Last;
  Presence: Presence;
  Refs: Refs;
  Thread: Thread;
  Reads: Reads;
  Find: Find;
}

/** Frames of relay, by their number on the wire. */
export const RELAY = {
  Nonce: 64,
  Welcome: 65,
  Sent: 66,
  Batch: 67,
  RosterIs: 68,
  HintIs: 69,
  ReadIs: 70,
  Page: 71,
  TypingIs: 72,
  StreamError: 73,
  Bye: 74,
  Pong: 75,
  LastIs: 76,
  Meeting: 77,
  MediaAckIs: 78,
  RosterAt: 79,
  PresenceIs: 80,
  ReadsAre: 81,
} as const;
export interface RelayFrames {
  Nonce: Nonce;
  Welcome: Welcome;
  Sent: Sent;
  Batch: Batch;
  RosterIs: RosterIs;
  HintIs: HintIs;
  ReadIs: ReadIs;
  Page: Page;
  TypingIs: TypingIs;
  StreamError: StreamError;
  Bye: Bye;
  Pong: Pong;
  LastIs: LastIs;
  Meeting: Meeting;
  MediaAckIs: MediaAckIs;
  RosterAt: RosterAt;
  PresenceIs: PresenceIs;
  ReadsAre: ReadsAre;
}

/** The `typ` of each statement. */
export const TYP = {
  Call: 'samrum-call',
  Cert: 'samrum-cert',
  Grant: 'samrum-grant',
  Head: 'samrum-head',
  Hint: 'samrum-hint',
  Past: 'samrum-past',
  Proof: 'samrum-proof',
  Revoke: 'samrum-revoke',
  Roster: 'samrum-roster',
  Snapshot: 'samrum-snapshot',
} as const;
