"""Relay's HTTP: home's signed calls, and the browser's requests with one answer. JSON bodies.

Home's calls carry `Authorization: Samrum <samrum-call JWS>`. The browser's carry `Authorization: Bearer <grant>`.
Errors are a status and a `Problem`.
"""

from typing import Annotated

from msgspec import Meta

from samrum.wire.base import Wire
from samrum.wire.files import MAX_OBJECT
from samrum.wire.ids import CallField, ObjectField, PidField, RoomField
from samrum.wire.statements import B64x32, Count
from samrum.wire.stream import Objects, Pos

MAX_LOG = 1000
"""Messages of one page of the log."""


class PutRoster(Wire):
    """`POST /tenants/{tenant}/rosters`: apply one roster. Applied already with the same bytes: the same answer."""

    jws: str


class Applied(Wire):
    """The version that relay now holds."""

    version: Count


class PutHints(Wire):
    """`POST /tenants/{tenant}/hints`: deliver to whom it concerns, if online; 204."""

    jws: Annotated[list[str], Meta(min_length=1, max_length=500)]


class PutRevocation(Wire):
    """`POST /tenants/{tenant}/revocations`: close and remember; 204 after it is durable."""

    jws: str


class PutHead(Wire):
    """`POST /tenants/{tenant}/head`: witness the ledger's head. `entries` are the hashes h after the last head, in order."""

    jws: str
    entries: Annotated[list[B64x32], Meta(max_length=10_000)]


class Witnessed(Wire):
    """`GET /tenants/{tenant}/head` (a grant of that tenant): the last head that relay accepted, as home signed it."""

    jws: str | None = None


class LogRow(Wire):
    """One stored message: its number in commit order over all rooms, its place in its room, and the envelope."""

    n: Pos
    room: RoomField
    pos: Pos
    env: bytes


class LogPage(Wire):
    """`GET /tenants/{tenant}/log?after=&limit=` (home's call, empty body), MessagePack: messages after a cursor, oldest first.

    `cursor` is where to go on; `more` if others wait already. At most 1,000 messages and 8 MiB of envelopes.
    """

    cursor: Pos
    rows: list[LogRow]
    more: bool = False


class Positions(Wire):
    """`GET /tenants/{tenant}/positions?after=` (home's call, empty body): the newest position of each room that grew after a cursor."""

    cursor: Pos
    rooms: dict[RoomField, Pos]
    more: bool = False


class ReadLog(Wire):
    """`GET /tenants/{tenant}/reads?after=` (home's call, empty body), MessagePack: read positions that moved after a cursor, each once.

    `cursor` is where to go on; `more` if others wait already.
    """

    cursor: Pos
    rows: list[tuple[RoomField, PidField, Pos]]
    more: bool = False


class PutEnvelope(Wire):
    """`POST /tenants/{tenant}/envelopes` (home's call), MessagePack → `Stored`: one envelope of an integration that lives at home.

    `grant` is its device's; relay checks and acknowledges as in the stream.
    """

    grant: str
    env: bytes
    objects: Objects = []


class Stored(Wire):
    """The envelope is durable at `pos`; `hash` is SHA-256 of the stored bytes. MessagePack."""

    pos: Pos
    hash: bytes


class WantLast(Wire):
    """`POST /tenants/{tenant}/last` (home's call), MessagePack → `LastOf`: asks for the last envelope of an integration's device."""

    grant: str
    room: RoomField


class LastOf(Wire):
    """Without `env` the device has sent nothing in that room. MessagePack."""

    env: bytes | None = None


class Join(Wire):
    """`POST /rooms/{room}/join`, empty body → where and how to enter the room's meeting. The token lives 60 s."""

    livekit: str
    token: str
    meeting: CallField


Size = Annotated[int, Meta(ge=0, le=MAX_OBJECT)]
"""Bytes of an object."""


class NewObject(Wire):
    """`POST /objects` → `ObjectMade`: begins an upload of so many bytes in all, the seal included (`wire.files`)."""

    size: Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]


class ObjectMade(Wire):
    """The name that relay gave it."""

    object: ObjectField
    have: Size


class ObjectHas(Wire):
    """`PUT /objects/{object}?offset=` with at most 8 MiB → how many bytes are durable now, from the first on."""

    have: Size


class ObjectState(Wire):
    """`GET /objects/{object}/state`, for the uploader. Complete when `have` is `size`; only then a message may link it."""

    have: Size
    size: Size


class RelayHealth(Wire):
    """`GET /health`."""

    ok: bool
    livekit: bool
