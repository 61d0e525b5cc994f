"""Home's HTTP for browsers: JSON, on home's own origin, with the session cookie `__Host-samrum`.

Unsafe methods need `Content-Type: application/json` and home's own `Origin`. Those marked *proof* also need the header
`Samrum-Proof` with a `samrum-proof` statement by the certified device. Errors are a status and a `Problem`.
"""

from typing import Annotated

from msgspec import Meta

from samrum.wire.base import Jwk, Wire
from samrum.wire.ids import DevField, KeyIdField, PidField, RoomField, TenantField
from samrum.wire.statements import B64x32, Count, Kind, Role, Time

MAX_KEYS = 1000
MAX_MEMBERS = 5000
MAX_TITLE = 120
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


class Rosters(Wire):
    """Chains by room, oldest first."""

    rosters: dict[RoomField, list[str]]


class WantRosters(Wire):
    """`POST /rosters`: each room's statements after a version; rooms that are not one's own are left out."""

    rooms: Annotated[dict[RoomField, Count], Meta(max_length=500)]


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
    """Chains from version 1, for as many rooms as fit."""
    people: list[Person]
    """Names of the rooms' members, for as many as fit."""
    leased: Keys
    """Current epoch keys of the latest rooms, leased for 24 h."""
    cursor: Count
    now: int
    """Home's clock, ms since 1970."""


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
    """The last 20 statements of each changed room: enough for who followed along; others ask `POST /rosters`."""
    people: list[Person] = []
    devices: bool = False


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
    title: Annotated[str, Meta(max_length=MAX_TITLE)] = ""


class MemberChange(Wire):
    """One member and the role it shall have."""

    pid: PidField
    role: Role


class ChangeMembers(Wire):
    """`POST /rooms/{room}/members` → `Changed`. Owners and moderators; everyone may remove themself."""

    add: Annotated[list[MemberChange], Meta(max_length=MAX_MEMBERS)] = []
    remove: Annotated[list[PidField], Meta(max_length=MAX_MEMBERS)] = []
    role: Annotated[list[MemberChange], Meta(max_length=MAX_MEMBERS)] = []


class ChangeRoom(Wire):
    """`PATCH /rooms/{room}` → `Changed`."""

    title: Annotated[str, Meta(max_length=MAX_TITLE)]


class Changed(Wire):
    """The room after a change, with its chain, the names of its members and the current keys."""

    room: Room
    rosters: list[str]
    people: list[Person]
    keys: Keys


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
    persistent: bool
    revoked: bool = False
    """Revoked, or signed out."""


class Devices(Wire):
    """`GET /devices`; `POST /devices/{dev}/revoke` (204 once relay has it, or after 2 s)."""

    devices: list[Device]


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
