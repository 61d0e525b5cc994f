"""`Samrum-Proof`: the certified device itself makes this request, now, once.

The statement covers method, path with query, the body's hash and the time; its `jti` is remembered in the database until it
is stale, so that a restart of home opens no door.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request

from samrum.home.devices import tables
from samrum.home.errors import BadProof, DeviceRevoked, DeviceUnknown
from samrum.home.login.door import Signed
from samrum.plumbing.clock import Clock
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import jws, statements
from samrum.wire.base import Jwk
from samrum.wire.ids import Dev

HEADER: Final = "samrum-proof"
SECONDS: Final = 60
"""How far the proof's time may be off."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A proof that holds and has not been counted yet."""

    dev: Dev
    jti: str
    until: int

    def use(self, tx: Tx) -> None:
        """Counts the proof as used, in the transaction of what it is for; raises `BadProof` if it was used before."""
        if not tables.use_proof(tx, self.dev, self.jti, self.until):
            raise BadProof


class Proofs:
    """Checks proofs."""

    def __init__(self, db: Transactions, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def by_key(self, request: Request[Any, Any, Any], dev: Dev, jwk: Jwk) -> Proven:
        """The request is made by `dev` with the key `jwk`; raises `BadProof`."""
        try:
            key = jws.key_of_jwk(jwk)
            proof = jws.verify(
                request.headers.get(HEADER, ""), statements.Proof, lambda kid: key if kid == dev else None
            )
        except jws.BadStatement:
            raise BadProof from None
        now = int(self._clock.now())
        query = request.scope["query_string"].decode("ascii")
        path = request.scope["path"] + (f"?{query}" if query else "")
        body = jws.b64(hashlib.sha256(await request.body()).digest())
        if (proof.htm, proof.path, proof.bh) != (request.method, path, body) or abs(now - proof.iat) > SECONDS:
            raise BadProof
        return Proven(dev, proof.jti, proof.iat + 2 * SECONDS)

    async def required(self, request: Request[Any, Any, Any], me: Signed) -> Proven:
        """The request is made by the device that the session is bound to; raises what is wrong."""
        dev = me.dev
        if dev is None:
            raise DeviceUnknown
        row = await self._db.read(lambda tx: tables.get(tx, dev))
        if row is None or row.pid != me.pid:
            raise DeviceUnknown
        if row.revoked is not None:
            raise DeviceRevoked
        return await self.by_key(request, dev, Jwk(kty="OKP", crv="Ed25519", x=row.x))

    async def optional(self, request: Request[Any, Any, Any], me: Signed) -> Proven | None:
        """As `required` where the header is there; without it nothing that needs a proof may be given."""
        return await self.required(request, me) if HEADER in request.headers else None
