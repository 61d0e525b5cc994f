"""The door: every request of a signed-in person comes through `signed`, every unsafe one through `own_page` first.

The cookie is `__Host-samrum`, 256 random bits, kept as a hash, 12 hours idle and 30 days at most. Unsafe methods need JSON and
home's own `Origin` (OWASP ASVS 5, cross-site request forgery).
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler

from samrum.home.errors import BadOrigin, DeviceRevoked, SignedOut
from samrum.home.login import tables
from samrum.plumbing.clock import Clock
from samrum.plumbing.transactions import Transactions
from samrum.wire.ids import Dev, Pid

COOKIE: Final = "__Host-samrum"
IDLE_SECONDS: Final = 12 * 3600
LONGEST_SECONDS: Final = 30 * 86_400
SEEN_EVERY: Final = 300
"""Seconds between two notes of when a session was last used."""
SAFE: Final = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed-in person: pseudonym, the session's hash, and the certified device it is bound to."""

    pid: Pid
    session: str
    dev: Dev | None
    ends: int


Me = NamedDependency[Signed]
"""The signed-in person as a parameter of a route."""


def session_hash(cookie: str) -> str:
    """Under what a cookie's session is stored."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def cookie_header(value: str, max_age: int | None) -> str:
    """The `Set-Cookie` header; without `max_age` (s) the browser forgets the cookie when it closes."""
    age = "" if max_age is None else f"; Max-Age={max_age}"
    return f"{COOKIE}={value}; HttpOnly; Secure; SameSite=Lax; Path=/{age}"


class Door:
    """Looks sessions up."""

    def __init__(self, db: Transactions, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def signed(self, request: ASGIConnection[Any, Any, Any, Any]) -> Signed:
        """Who asks; raises `SignedOut`, or `DeviceRevoked` so that the browser forgets what it holds."""
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            raise SignedOut
        key, now = session_hash(cookie), int(self._clock.now())
        row = await self._db.read(lambda tx: tables.get(tx, key))
        if row is None or now >= row.ends:
            raise SignedOut
        if row.revoked:
            raise DeviceRevoked
        if now >= row.seen + IDLE_SECONDS:
            raise SignedOut
        if now >= row.seen + SEEN_EVERY:
            await self._db.write(lambda tx: tables.seen(tx, key, now))
        return Signed(row.pid, key, row.dev, row.ends)

    async def guard(self, request: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        """For routes that are for anybody signed in, whoever it is."""
        await self.signed(request)


def own_page(method: str, headers: Headers, origin: str) -> None:
    """Refuses an unsafe request that another page could have made; raises `BadOrigin`."""
    if method in SAFE:
        return
    media, _, _ = headers.get("content-type", "").partition(";")
    if headers.get("origin") != origin or media.strip().lower() != "application/json":
        raise BadOrigin
