"""The stream between browser and relay: every WebSocket message is one binary frame `type u8 | msgpack map`.

Types below 64 are the client's, from 64 on relay's. Order: client `Hello`, relay `Nonce`, client `Proof`, relay
`Welcome`; then anything. `re` is a number chosen by the client that its answer repeats. `pos` counts a room's stored
envelopes from 1, given at commit. `hello_bytes` is what the device signs.
"""

import hashlib
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from samrum.wire import ids
from samrum.wire.base import Wire
from samrum.wire.ids import CallField, Dev, DevField, MsgIdField, ObjectField, PidField, RoomField, TenantId
from samrum.wire.statements import B64x32, Count

VERSION: Final = 1
MAX_FRAME: Final = 65 * 1024 + 512
"""Bytes a frame may have: an envelope and its dress."""
MAX_HISTORY: Final = 200
MAX_WATCHED: Final = 200
"""People whose presence a device may see at a time."""
PRESENCE_MEMBERS: Final = 100
"""Rooms with more members show nobody's presence, nor how far people have read."""
MAX_REACTIONS: Final = 100
"""Reactions (and taking them back) of one person to one message."""
FRAMES_PER_10_S: Final = 200
LONG_ROSTER: Final = 16_000
"""Characters from which on a roster is not passed on to a room's connections."""
QUEUE_BYTES: Final = 1 << 20
"""Bytes waiting for one connection before relay says `slow` and closes."""
EARLIER_EPOCH_SECONDS: Final = 10
"""How long the previous epoch is accepted after an addition."""
CLOCK_SECONDS: Final = 600
"""How far `sent_at` may be off relay's clock."""

Pos = Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]
"""A browser's numbers hold no more exactly."""
Objects = Annotated[list[ObjectField], Meta(max_length=20)]
"""Complete uploads of one's own, or files of a room that one is in: whoever is in the message's room may then fetch them."""
Re = Annotated[int, Meta(ge=0, le=(1 << 32) - 1)]


class PresenceState(StrEnum):
    """How present a person is: the most present of their devices counts."""

    ONLINE = "online"
    AWAY = "away"
    """No input in Samrum for ten minutes, on any device."""
    MEETING = "meeting"
    """In a meeting."""
    OFFLINE = "offline"


class BadFrame(ValueError):
    """The bytes are not a frame of the expected side. Never says more."""


# ---- client to relay


class Hello(Wire):
    """Opens the conversation; relay answers `Nonce`."""

    v: int
    grant: str


class Proof(Wire):
    """Ed25519(device key, `hello_bytes(…)`); relay answers `Welcome`."""

    sig: bytes


class Renew(Wire):
    """A newer grant of the same device; relay answers nothing. Without it relay closes at the grant's end."""

    grant: str


class Send(Wire):
    """Store and pass on one envelope; answered by `Sent`, or `Error` with `msg`. `objects` are the files that it links."""

    env: bytes
    objects: Objects = []


class History(Wire):
    """A page of a room, newest last: up to `limit` envelopes before or after a position; answered by `Page`.

    With neither, the newest ones.
    """

    re: Re
    room: RoomField
    before: Pos | None = None
    after: Pos | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY)] = 50


class Last(Wire):
    """Asks for this device's own last envelope in a room; answered by `LastIs`."""

    re: Re
    room: RoomField


class Refs(Wire):
    """The envelopes that refer to these messages (edits, reactions, deletions, answers to calls), by position; answered by `Page`.

    For messages that were fetched apart from what came after them.
    """

    re: Re
    room: RoomField
    of: Annotated[list[MsgIdField], Meta(min_length=1, max_length=MAX_HISTORY)]
    after: Pos = 0
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY)] = 50


class Thread(Wire):
    """A page of a thread, newest last: its root, the replies, and what refers to them; answered by `Page`, whose positions have gaps."""

    re: Re
    room: RoomField
    thread: MsgIdField
    before: Pos | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY)] = 50


class Find(Wire):
    """A page of the room around one message; answered by `Page`, or `Error` with `not_found`."""

    re: Re
    room: RoomField
    msg: MsgIdField
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY)] = 50


class Reads(Wire):
    """How far everybody has read; answered by `ReadsAre`, or in rooms over `PRESENCE_MEMBERS` by `Error` with `unsupported`."""

    re: Re
    room: RoomField


class Read(Wire):
    """I have read up to `pos`; relay passes it to the room and never moves it back."""

    room: RoomField
    pos: Pos


class Typing(Wire):
    """I am writing in this room (sent at most every 3 s)."""

    room: RoomField


class Presence(Wire):
    """Whose presence my screen shows now, in place of what I asked before, and whether I am away myself.

    Answered by `PresenceIs`, at once and whenever one of them changes, at most once a second.
    """

    pids: Annotated[list[PidField], Meta(max_length=MAX_WATCHED)]
    away: bool = False


class MediaAck(Wire):
    """I hold the media key of this epoch; relay passes it to the meeting."""

    meeting: CallField
    epoch: Count


class Ping(Wire):
    """Answered by `Pong`; sent every 25 s when idle."""


# ---- relay to client


class Nonce(Wire):
    """32 random bytes to sign."""

    nonce: bytes


class RoomHead(Wire):
    """One room as relay sees it, in `Welcome`.

    `version` and `members` (hash of relay's own member list, as in a snapshot) let the client notice an edited or rolled
    back relay.
    """

    pos: Pos
    version: Count
    members: B64x32
    read: Pos = 0
    unread: Count = 0
    """Messages by others after `read`, calls among them; not edits, reactions and deletions."""


class Present(Wire):
    """One device in a meeting."""

    pid: PidField
    dev: DevField


class Welcome(Wire):
    """The connection is open. `now`: relay's clock, ms since 1970."""

    v: int
    now: int
    rooms: dict[RoomField, RoomHead]
    meetings: dict[RoomField, "Meeting"] = {}


class Sent(Wire):
    """The envelope is durable at `pos`; `hash` is SHA-256 of the stored bytes."""

    msg_id: MsgIdField
    room: RoomField
    pos: Pos
    hash: bytes


class Batch(Wire):
    """New envelopes of a room, at `pos`, `pos + 1`, …; goes to every member's connection, the sender's too."""

    room: RoomField
    pos: Pos
    env: list[bytes]


class Page(Wire):
    """Answer to `History`, `Refs`, `Thread` and `Find`: envelopes with their positions, oldest first; `more` where there are further
    ones that way (of `Find`: before it).
    """

    re: Re
    room: RoomField
    pos: list[Pos]
    env: list[bytes]
    more: bool = False


class LastIs(Wire):
    """Answer to `Last`; without `env` this device has sent nothing in that room."""

    re: Re
    room: RoomField
    env: bytes | None = None


class RosterIs(Wire):
    """Relay has applied this roster; `members` as in `RoomHead`. Goes to the members before and after the change."""

    jws: str
    members: B64x32


class RosterAt(Wire):
    """Relay has applied a roster that is too long to pass on (over `LONG_ROSTER`): home has it. Otherwise as `RosterIs`."""

    room: RoomField
    version: Count
    members: B64x32


class HintIs(Wire):
    """Home's hint, verbatim."""

    jws: str


class ReadIs(Wire):
    """Somebody's read position."""

    room: RoomField
    pid: PidField
    pos: Pos


class ReadsAre(Wire):
    """Answer to `Reads`: positions of the members that have read anything."""

    re: Re
    room: RoomField
    of: dict[PidField, Pos]


class TypingIs(Wire):
    """Somebody writes."""

    room: RoomField
    pid: PidField


class PresenceIs(Wire):
    """How present people are; whoever was never named is `offline`."""

    of: dict[PidField, PresenceState]


class Meeting(Wire):
    """The room's running meeting; an empty `present` with no `meeting` ends it."""

    room: RoomField
    meeting: CallField | None = None
    present: list[Present] = []


class MediaAckIs(Wire):
    """A device in the meeting holds that epoch's media key."""

    meeting: CallField
    pid: PidField
    dev: DevField
    epoch: Count


class Error(Wire):
    """A frame was refused: `re` or `msg` says which."""

    code: str
    re: Re | None = None
    msg: MsgIdField | None = None
    have: int | None = None
    """With `seq_refused`: the last sequence number that relay holds of this device in the room."""
    retry_after: float | None = None


class Bye(Wire):
    """Relay closes after this. `code` is a `Code`."""

    code: str


class Pong(Wire):
    """Answer to `Ping`. `now`: relay's clock, ms since 1970."""

    now: int


CLIENT: Final[dict[int, type[Wire]]] = {
    1: Hello, 2: Proof, 3: Send, 4: History, 5: Read, 6: Renew, 7: Typing, 8: MediaAck, 9: Ping, 10: Last,
    11: Presence, 12: Refs, 13: Thread, 14: Reads, 15: Find,
}  # fmt: skip
RELAY: Final[dict[int, type[Wire]]] = {
    64: Nonce, 65: Welcome, 66: Sent, 67: Batch, 68: RosterIs, 69: HintIs, 70: ReadIs, 71: Page, 72: TypingIs,
    73: Error, 74: Bye, 75: Pong, 76: LastIs, 77: Meeting, 78: MediaAckIs, 79: RosterAt,
    80: PresenceIs, 81: ReadsAre,
}  # fmt: skip

_TYPE_OF: Final = {kind: number for number, kind in (CLIENT | RELAY).items()}
_DECODERS: Final = {number: msgspec.msgpack.Decoder(kind) for number, kind in (CLIENT | RELAY).items()}
_ENCODER: Final = msgspec.msgpack.Encoder()


def encode(frame: Wire) -> bytes:
    """The bytes of a frame of either side."""
    return bytes([_TYPE_OF[type(frame)]]) + _ENCODER.encode(frame)


def decode(data: bytes, side: dict[int, type[Wire]]) -> Wire:
    """The frame in `data`, of `side` (`CLIENT` or `RELAY`); raises `BadFrame`."""
    if not data or data[0] not in side:
        raise BadFrame
    try:
        return _DECODERS[data[0]].decode(memoryview(data)[1:])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadFrame from None


def hello_bytes(tenant: TenantId, dev: Dev, grant: str, nonce: bytes, origin: str) -> bytes:
    """What a device signs: "samrum/hello/1\\0" | tenant | dev | SHA-256(grant) | nonce 32 | page origin (ASCII)."""
    return b"".join(
        [
            b"samrum/hello/1\0",
            ids.raw(tenant, "t"),
            ids.raw(dev, "d"),
            hashlib.sha256(grant.encode("ascii")).digest(),
            nonce,
            origin.encode("ascii"),
        ]
    )
