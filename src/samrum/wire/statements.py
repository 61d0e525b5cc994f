"""The payloads of signed statements: who is who's device, who is in a room, what home tells relay.

Signer is home unless said otherwise. Times are whole seconds since 1970 (`iat`, `exp`, `at`, `until`).
"""

import base64
import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from samrum.wire.base import Jwk, Wire
from samrum.wire.ids import END, DevField, KeyIdField, Pid, PidField, RoomField, TenantField

B64x32 = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]" + END)]
"""32 bytes as base64url without padding; the last letter carries four bits, so only these give one spelling."""
Time = Annotated[int, Meta(ge=0, le=1 << 48)]
Count = Annotated[int, Meta(ge=0, le=(1 << 32) - 1)]
Jti = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{21}[AQgw]" + END)]
"""128 random bits, base64url in its one spelling: used once."""


class Role(StrEnum):
    """What a member may do: an owner everything, a moderator the room's people and messages, a guest one meeting."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"
    GUEST = "guest"


class Kind(StrEnum):
    """The kinds of room."""

    DIRECT = "direct"
    GROUP = "group"
    CHANNEL = "channel"


NOBODY: Final = "nobody"
"""In the place of the least role that may write: nobody may, whatever their role."""


class Confirmation(Wire):
    """RFC 7800 `cnf`: the key whose possession the bearer proves."""

    jwk: Jwk


class Cert(Wire):
    """Home certifies that device `dev` with key `cnf` belongs to pseudonym `sub`."""

    TYP: ClassVar[str] = "samrum-cert"
    iss: TenantField
    sub: PidField
    dev: DevField
    cnf: Confirmation
    iat: Time
    exp: Time
    persistent: bool


class Grant(Wire):
    """The token by which a device speaks to relay. `lobby` restricts it to one room's lobby."""

    TYP: ClassVar[str] = "samrum-grant"
    iss: TenantField
    aud: str
    sub: PidField
    dev: DevField
    cnf: Confirmation
    iat: Time
    exp: Time
    jti: Jti
    lobby: RoomField | None = None


class Epoch(Wire):
    """The room's current key: its number (from 1), id and commitment SHA-256("samrum/kc/1" || K_e)."""

    n: Count
    key_id: KeyIdField
    kc: B64x32


class Policy(Wire):
    """What relay must know of a room's rules. Titles and topics are home's alone."""

    kind: Kind
    history: str = "open"
    """`open`: members read from the first epoch; `closed`: from the epoch in which they came."""
    post: str = "member"
    """The least role that may write; `nobody` (`NOBODY`): the room is archived."""


class MemberEntry(Wire):
    """One member as a roster adds it."""

    pid: PidField
    role: Role
    until: Time | None = None


class OutEntry(Wire):
    """Put out of the running meeting until `until`."""

    pid: PidField
    until: Time


class Roster(Wire):
    """One signed, chained change of a room's membership. Version 1 creates the room."""

    TYP: ClassVar[str] = "samrum-roster"
    tenant: TenantField
    room: RoomField
    version: Annotated[int, Meta(ge=1, le=(1 << 32) - 1)]
    prev: B64x32
    epoch: Epoch
    policy: Policy
    at: Time
    add: list[MemberEntry] = []
    remove: list[PidField] = []
    out: list[OutEntry] = []
    role: list[MemberEntry] = []
    members: B64x32 | None = None
    """Hash of the member list after this change (`members_hash`): whoever began from a snapshot knows it without the list."""


class Snapshot(Wire):
    """A place to start a chain from: the state after `version`. `prev` is what the next roster's `prev` must be."""

    TYP: ClassVar[str] = "samrum-snapshot"
    tenant: TenantField
    room: RoomField
    version: Count
    prev: B64x32
    epoch: Epoch
    policy: Policy
    count: Count
    """How many members there are."""
    members_hash: B64x32
    at: Time = 0
    """When it was signed."""


Span = tuple[Count, Count | None]
"""First and last epoch in which somebody was a member; without a last one: still was at the version in question."""


class PastMember(Wire):
    """When one pseudonym was a member, in order; never, if `spans` is empty."""

    pid: PidField
    spans: list[Span] = []


class Past(Wire):
    """What lies before a snapshot, for whoever asks: of a room up to roster `version`, some epochs and some people's membership."""

    TYP: ClassVar[str] = "samrum-past"
    tenant: TenantField
    room: RoomField
    version: Annotated[int, Meta(ge=1, le=(1 << 32) - 1)]
    epochs: list[Epoch] = []
    members: list[PastMember] = []
    led: list[PastMember] | None = None
    """When people were owners or moderators, of all who ever were; absent: it was not asked for."""


class Topic(StrEnum):
    """What a hint may be about."""

    ROOM = "room"  # something of a room changed: roster, title
    DEVICES = "devices"  # a device signed in or was revoked
    NAMES = "names"  # a name or a status changed
    SETTINGS = "settings"  # one's own settings changed
    LOBBY = "lobby"  # somebody waits
    CALL = "call"  # you were called
    REPORTS = "reports"  # a report of a message waits for you, or yours was decided


class Hint(Wire):
    """A content-free word to a room or a person, after which the browser asks home."""

    TYP: ClassVar[str] = "samrum-hint"
    tenant: TenantField
    to: Annotated[str, Meta(pattern="^[pr]_[a-z2-7]{25}[aeimquy4]" + END)]
    topic: Topic
    iat: Time
    version: Count = 0


class Revoke(Wire):
    """Ends a device, or (without `dev`) everything of a pseudonym, until `until`, when its last grant has expired."""

    TYP: ClassVar[str] = "samrum-revoke"
    tenant: TenantField
    pid: PidField
    iat: Time
    until: Time
    dev: DevField | None = None


class Head(Wire):
    """The ledger's head after entry `n`: head_n = SHA-256(head_{n-1} || h_n)."""

    TYP: ClassVar[str] = "samrum-head"
    tenant: TenantField
    n: Count
    head: B64x32
    iat: Time


class Call(Wire):
    """Home signs one HTTP call to relay; valid 60 s, `jti` used once. `bh` is SHA-256 of the body, base64url."""

    TYP: ClassVar[str] = "samrum-call"
    tenant: TenantField
    htm: str
    path: str
    bh: B64x32
    iat: Time
    jti: Jti


class Proof(Wire):
    """Signed by a device: it makes this request to home now. 60 s, `jti` used once."""

    TYP: ClassVar[str] = "samrum-proof"
    htm: str
    path: str
    bh: B64x32
    iat: Time
    jti: Jti


def members_hash(members: Iterable[tuple[Pid, Role | str, int | None]]) -> str:
    """SHA-256 (base64url) over one JSON line `["p_…","role",until]` a member, sorted by pid, each ended by a newline."""
    return base64.urlsafe_b64encode(hashlib.sha256(members_lines(members)).digest()).decode().rstrip("=")


def members_lines(members: Iterable[tuple[Pid, Role | str, int | None]]) -> bytes:
    """What `members_hash` hashes."""
    return _ENCODER.encode_lines(sorted(members))


_ENCODER: Final = msgspec.json.Encoder()
