"""Home's signed calls: `Authorization: Samrum <samrum-call>`, for one method, path and body, 60 seconds, once."""

import hashlib
from typing import Final

from samrum.relay.errors import Refusal
from samrum.relay.tenants.registry import SKEW_SECONDS, Registry
from samrum.wire import jws
from samrum.wire.codes import Code
from samrum.wire.ids import TenantId
from samrum.wire.statements import Call

MEMORY_SECONDS: Final = 2 * SKEW_SECONDS + 1


class Calls:
    """Checks calls and remembers which were used. No input or output.

    Calls from before the start are refused, since the memory of used ones began then; home signs again when it retries.
    """

    def __init__(self, registry: Registry, started: float) -> None:
        self._registry = registry
        self._started = int(started)
        self._used: dict[tuple[TenantId, str], float] = {}

    def check(
        self, authorization: str | None, tenant: TenantId, *, method: str, path: str, body: bytes, now: float
    ) -> None:
        """Raises `Refusal` unless home of `tenant` signed exactly this call, now, for the first time."""
        scheme, _, statement = (authorization or "").partition(" ")
        try:
            call = self._registry.verify(statement, Call, tenant)
        except jws.BadStatement:
            raise Refusal(Code.BAD_CALL) from None
        self._started = min(self._started, int(now))  # a start by a clock that was set back since means nothing
        fits = (call.htm, call.path, call.bh) == (method, path, jws.b64(hashlib.sha256(body).digest()))
        fresh = abs(now - call.iat) <= SKEW_SECONDS and call.iat >= self._started
        if scheme != "Samrum" or not fits or not fresh or (tenant, call.jti) in self._used:
            raise Refusal(Code.BAD_CALL)
        self._forget(now)
        self._used[tenant, call.jti] = now + MEMORY_SECONDS

    def _forget(self, now: float) -> None:
        # Entries stand in the order of their end, so the first that lasts stops the search.
        while self._used and next(iter(self._used.values())) <= now:
            del self._used[next(iter(self._used))]
