"""Home's HTTP for browsers: JSON, on home's own origin, with the session cookie `__Host-samrum`.

Unsafe methods need `Content-Type: application/json` and home's own `Origin`. Those marked *proof* also need the header
`Samrum-Proof` with a `samrum-proof` statement by the certified device. Errors are a status and a `Problem`.
"""

from typing import Annotated

from msgspec import Meta

from samrum.wire.base import Jwk, Wire
from samrum.wire.ids import DevField, KeyIdField, PidField, RoomField, TenantField
from samrum.wire.rooms_api import Access, HistoryRule, Mine, Post, RoomTopic, Settings, Title
from samrum.wire.statements import B64x32, Count, Kind, Role, Time

MAX_KEYS = 1000
MAX_MEMBERS = 5000
BIG_ROOM = 500
"""Rooms with more members are big: keys change at most hourly, members and names load by page, what all do at once is spread."""
Sha256Hex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class SignIn(Wire):
    """`POST /sign-in` → `Session` and the cookie; 401 `sign_in_failed`, 429 `too_many_tries`."""

    user: Annotated[str, Meta(min_length=1, max_length=256)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]


class Session(Wire):
    """`GET /session` → who is signed in; 401 `signed_out`. `POST /sign-out` (204) ends it with its device.

    403 `device_revoked` to any request of a session whose device was revoked: the browser forgets what it holds.
    """

    pid: PidField
    tenant: TenantField


class Start(Wire):
    """`POST /start`, *proof* by the key in `jwk` → `Started`. Certifies a new device or renews a known one (idempotent)."""

    dev: DevField
    jwk: Jwk
    label: Annotated[str, Meta(max_length=80)]
    """Browser and system in words, for the person's own device list: "Edge, Windows"."""
    persistent: bool
    """Whether the browser keeps its storage; otherwise the certificate lives 12 h."""


class Person(Wire):
    """A person as colleagues see them. Only home and browsers ever hold this."""

    pid: PidField
    name: str
    department: str = ""
    title: str = ""
    status: str = ""
    """What the person says of themself now."""
    status_until: Time | None = None
    """When that ends, if it does."""
    integration: bool = False
    """No human: a webhook of a room."""


class HomeKey(Wire):
    """One of home's signing keys, valid from `iat`."""

    kid: KeyIdField
    jwk: Jwk
    iat: Time


class PublicKeys(Wire):
    """`GET /keys.json`, for anybody: whose home this is, and with what its statements are verified."""

    tenant: TenantField
    authority: str
    """The authority's name."""
    keys: list[HomeKey]


class ClientBuild(Wire):
    """`GET /client.json`, for anybody: the web client's files by path, each with its SHA-256 in hex.

    `digest` is SHA-256 (hex) over one line a file, sorted by path: `path "sha256"` and a line feed. It stands in the ledger.
    """

    digest: Sha256Hex
    files: dict[str, Sha256Hex]


class RelayAddress(Wire):
    """Where relay is."""

    http: str
    stream: str


class Room(Wire):
    """A room as one member sees it. The signed chain comes apart (`Rosters`)."""

    room: RoomField
    kind: Kind
    version: Count
    """Newest roster version at home."""
    delivered: Count
    """Newest roster version that relay has acknowledged; relay may never show less."""
    title: str = ""
    """Empty for direct messages: the client shows the other's name."""
    removed: bool = False
    """One is no longer in it."""
    count: Count = 0
    """How many members it has at `version`."""
    role: Role | None = None
    """One's own."""
    adding: list[PidField] = []
    """Members whom relay does not know of yet: their adding is newer than `delivered`. At most 200."""
    removing: list[PidField] = []
    """Former members whom relay has not put out yet. At most 200."""
    topic: str = ""
    access: Access = Access.PRIVATE
    post: Post = Post.MEMBER
    """Relay's policy says `nobody` instead while the room is archived."""
    history: HistoryRule = HistoryRule.OPEN
    retention: str = ""
    """How long messages are kept: `365d`."""
    archived: bool = False
    """Nobody writes and nobody comes in; everything stays readable."""
    picture: str | None = None
    """Version of the picture, for `GET /rooms/{room}/picture?v=`; none: there is no picture."""
    ownerless: bool = False
    """Nobody owns it."""
    may_own: bool = False
    """One may take it over, since nobody owns it: a moderator, else whoever has been in it longest."""
    mine: Mine | None = None
    """How one sees it oneself, if one ever chose."""


class EpochKey(Wire):
    """An epoch key: 32 bytes as base64url. The client checks the roster's commitment before use."""

    room: RoomField
    epoch: Count
    key_id: KeyIdField
    key: B64x32


class MediaBase(Wire):
    """The media base secret of a room's current epoch and one UTC day (days since 1970): 32 bytes as base64url."""

    room: RoomField
    epoch: Count
    day: Count
    base: B64x32


class Refused(Wire):
    """A key that is not released, and why (a `Code`)."""

    room: RoomField
    epoch: Count
    code: str


class Keys(Wire):
    """Answer of `POST /keys`."""

    keys: list[EpochKey] = []
    media: list[MediaBase] = []
    refused: list[Refused] = []


class WantKeys(Wire):
    """`POST /keys`, *proof*: room keys by epoch, and media bases (today's and tomorrow's) of rooms' current epochs."""

    want: Annotated[list[tuple[RoomField, Count]], Meta(max_length=MAX_KEYS)] = []
    media: Annotated[list[RoomField], Meta(max_length=MAX_KEYS)] = []


Snapshots = dict[RoomField, str]
"""Where to begin, by room: home's newest `samrum-snapshot`. The room's rosters beside it are those after it."""


class Rosters(Wire):
    """Chains by room, oldest first; as much of them as fits: who still lacks some asks again."""

    rosters: dict[RoomField, list[str]]
    snapshots: Snapshots = {}


class WantRosters(Wire):
    """`POST /rosters`: each room's statements after a version; rooms that are not one's own are left out."""

    rooms: Annotated[dict[RoomField, Count], Meta(max_length=500)]
    fresh: bool = False
    """Where the version is 0, begin with the newest snapshot, if there is one."""


class Listed(Wire):
    """`GET /rooms/{room}/members?after=pid`: a page of the member list of the newest snapshot, in the order in which it is hashed."""

    version: Count
    """Of the snapshot; 0: this room has none, its chain is enough."""
    members: list[tuple[PidField, Role, Time | None]] = []
    more: bool = False


class RoomPerson(Wire):
    """A member as colleagues see it."""

    person: Person
    role: Role


class RoomPeople(Wire):
    """`GET /rooms/{room}/people?q=&skip=&limit=`: a page of the members by name, or of those whom a search finds."""

    people: list[RoomPerson]
    count: Count
    """How many there are in all (or are found)."""


class WantPast(Wire):
    """`POST /rooms/{room}/past` → `ToldPast`: what lies before roster `version`, for who began from a snapshot."""

    version: Annotated[int, Meta(ge=1, le=(1 << 32) - 1)]
    epochs: Annotated[list[Count], Meta(max_length=1000)] = []
    pids: Annotated[list[PidField], Meta(max_length=500)] = []
    led: bool = False
    """Also who was owner or moderator, and when."""


class ToldPast(Wire):
    """A `samrum-past` with the epochs that there were and all the pseudonyms asked for."""

    past: str


class Started(Wire):
    """All that a client needs to begin, in one reply (at most about 300 kB; the rest is asked for)."""

    me: Person
    tenant: TenantField
    authority: str
    """The authority's name."""
    cert: str
    grant: str
    keys: list[HomeKey]
    relay: RelayAddress
    rooms: list[Room]
    rosters: dict[RoomField, list[str]]
    """Chains from version 1 or the snapshot, for as many rooms as fit."""
    people: list[Person]
    """Names of the rooms' members, for as many as fit."""
    leased: Keys
    """Current epoch keys of the latest rooms, leased for 24 h."""
    cursor: Count
    now: int
    """Home's clock, ms since 1970."""
    snapshots: Snapshots = {}
    settings: Settings | None = None
    """One's own, if one ever chose any."""
    may: list[str] = []
    """What the directory allows beyond everybody's rights: `channels` (may create channels)."""


class Renewed(Wire):
    """`POST /grant` (empty object), *proof* → a new grant, certificate and address; hourly."""

    cert: str
    grant: str
    relay: RelayAddress


class Since(Wire):
    """`GET /since/{cursor}` → what changed for me: rooms anew (with `removed` for those lost), `devices` if my list did."""

    cursor: Count
    rooms: list[Room] = []
    rosters: dict[RoomField, list[str]] = {}
    """The last statements of each changed room, at most 20: enough for who followed along; others ask `POST /rosters`."""
    people: list[Person] = []
    """Names of the members of changed rooms, where these have at most 500, and who has another status now."""
    devices: bool = False
    settings: Settings | None = None
    """One's own, if they changed."""
    reports: bool = False
    """A report of a message waits for me, or mine was decided."""


class People(Wire):
    """`GET /people?q=…&limit=…` (search over the directory) and `POST /names` → people."""

    people: list[Person]


class WantNames(Wire):
    """`POST /names` → `People`."""

    pids: Annotated[list[PidField], Meta(max_length=500)]


class NewRoom(Wire):
    """`POST /rooms` → `Changed`. `room` is chosen by the client, so that a repeated request makes one room.

    A direct message has exactly one other member and no title; if it exists already, that room is the answer.
    """

    room: RoomField
    kind: Kind
    members: Annotated[list[PidField], Meta(max_length=MAX_MEMBERS)]
    title: Title = ""
    history: HistoryRule = HistoryRule.OPEN
    """A direct message is always open."""
    topic: RoomTopic = ""
    access: Access = Access.PRIVATE
    """Only a channel may be public."""
    post: Post = Post.MEMBER
    """In a direct message both write."""


class MemberChange(Wire):
    """One member and the role it shall have."""

    pid: PidField
    role: Role


class ChangeMembers(Wire):
    """`POST /rooms/{room}/members` → `Changed`. Owners and moderators; everyone may remove themself."""

    add: Annotated[list[MemberChange], Meta(max_length=MAX_MEMBERS)] = []
    remove: Annotated[list[PidField], Meta(max_length=MAX_MEMBERS)] = []
    role: Annotated[list[MemberChange], Meta(max_length=MAX_MEMBERS)] = []
    at_once: bool = False
    """Somebody is put out of a running meeting: the new key does not wait, however large the room."""
    block: bool = False
    """Those of `remove` can neither be invited nor join until they are unblocked; also who is not in the room (any more)."""
    ownerless: bool = False
    """The last owner may go: the room shall have none. Otherwise that is refused."""


class Changed(Wire):
    """The room after a change, with its chain, the names of its members and the current keys."""

    room: Room
    rosters: list[str]
    people: list[Person]
    keys: Keys
    snapshot: str | None = None
    """Where `rosters` begin, if not at version 1 and not among the last."""


class WantCerts(Wire):
    """`POST /certs` → every certificate of these devices, so that old signatures verify."""

    devs: Annotated[list[DevField], Meta(max_length=500)]


class Certs(Wire):
    """Certificates by device, oldest first; unknown devices are left out."""

    certs: dict[DevField, list[str]]


class Device(Wire):
    """One of one's own devices."""

    dev: DevField
    label: str
    created: Time
    seen: Time
    ends: Time
    """When its newest certificate ends; until then it needs no new sign-in."""
    persistent: bool
    revoked: bool = False
    """Signed out, there or from another device."""
    lost: bool = False
    """Reported lost."""
    asks: bool = False
    """Signed in after the device that asks, and nobody has said yet whether it was the person. `POST /devices/{dev}/known` (empty
    object, *proof*, 204) says so; 403 `not_allowed` to a device that is not older. Ending it from another device answers too."""


class Devices(Wire):
    """`GET /devices`."""

    devices: list[Device]
    """Last used first. Ended ones stay for 30 days."""
    former: list[DevField] = []
    """All others that were ever certified; each has ended in the ledger."""


class EndDevice(Wire):
    """`POST /devices/{dev}/revoke` (204 once relay has it, or after 2 s): signs a device of one's own out from afar."""

    lost: bool = False
    """Somebody else may have it: every room of the person gets a new key. Also for a device that is signed out already."""


class LedgerEntry(Wire):
    """One line of the ledger as written, and its place."""

    n: Count
    line: str


class Ledger(Wire):
    """`GET /ledger?after=n&limit=…` → entries and the signed head."""

    head: str | None
    entries: list[LedgerEntry]


class HomeHealth(Wire):
    """`GET /health`."""

    ok: bool
    outbox: int
    """Statements that wait for relay."""
