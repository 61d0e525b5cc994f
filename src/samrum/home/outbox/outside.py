"""Home's signed calls to relay."""

import hashlib
import secrets
from typing import Final

import msgspec

from samrum.home.flows.outside import Outgoing, Unreachable
from samrum.home.keys.folder import Signer
from samrum.plumbing.clock import Clock
from samrum.wire import jws
from samrum.wire.base import Problem, Wire
from samrum.wire.codes import Code
from samrum.wire.ids import TenantId
from samrum.wire.statements import Call

FLOW: Final = "home-relay"


class RelayAway(Exception):
    """Relay cannot be reached or is not itself now: try again."""


class RelayRefused(Exception):
    """Relay refused a call."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(status)
        self.status = status
        self.code = next((code for code in Code if code == problem.code), Code.INTERNAL)
        self.have = problem.have


class Relay:
    """Relay, as home calls it."""

    def __init__(self, *, outgoing: Outgoing, signer: Signer, tenant: TenantId, clock: Clock) -> None:
        self._outgoing, self._signer, self._tenant, self._clock = outgoing, signer, tenant, clock

    async def post(self, what: str, message: Wire) -> bytes:
        """The answer to `POST /tenants/{tenant}/{what}`; raises `RelayAway` or `RelayRefused`."""
        return await self._call("POST", what, msgspec.json.encode(message))

    async def post_packed(self, what: str, message: Wire) -> bytes:
        """As `post`, in MessagePack."""
        return await self._call("POST", what, msgspec.msgpack.encode(message), "application/msgpack")

    async def get(self, what: str) -> bytes:
        """The answer to `GET /tenants/{tenant}/{what}`, query included; raises `RelayAway` or `RelayRefused`."""
        return await self._call("GET", what, b"")

    async def _call(self, method: str, what: str, body: bytes, media: str = "application/json") -> bytes:
        path = f"/tenants/{self._tenant}/{what}"
        call = Call(
            tenant=self._tenant,
            htm=method,
            path=path,
            bh=jws.b64(hashlib.sha256(body).digest()),
            iat=int(self._clock.now()),
            jti=jws.b64(secrets.token_bytes(16)),
        )
        headers = {"authorization": f"Samrum {self._signer.sign(call)}", "content-type": media}
        try:
            status, answer = await self._outgoing.request(FLOW, method, path, body, headers)
        except Unreachable:
            raise RelayAway from None
        if status >= 500 or status == 429:
            raise RelayAway
        if status >= 300:
            try:
                problem = msgspec.json.decode(answer, type=Problem)
            except msgspec.MsgspecError:
                raise RelayAway from None  # something else answers at relay's address
            raise RelayRefused(status, problem)
        return answer
