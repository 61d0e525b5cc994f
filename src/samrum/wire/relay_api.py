"""Relay's HTTP: home's signed calls, and the browser's requests with one answer. JSON bodies.

Home's calls carry `Authorization: Samrum <samrum-call JWS>`. The browser's carry `Authorization: Bearer <grant>`.
Errors are a status and a `Problem`.
"""

from typing import Annotated

from msgspec import Meta

from samrum.wire.base import Wire
from samrum.wire.ids import CallField
from samrum.wire.statements import B64x32, Count


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


class Join(Wire):
    """`POST /rooms/{room}/join`, empty body → where and how to enter the room's meeting. The token lives 60 s."""

    livekit: str
    token: str
    meeting: CallField


class RelayHealth(Wire):
    """`GET /health`."""

    ok: bool
    livekit: bool
