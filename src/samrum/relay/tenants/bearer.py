"""The browser's requests over HTTP: `Authorization: Bearer <grant>`, from a page of the grant's tenant."""

from collections.abc import Callable
from typing import Any

from litestar import Request

from samrum.relay.errors import Refusal
from samrum.relay.tenants.registry import Registry
from samrum.wire.codes import Code
from samrum.wire.statements import Grant


class Bearers:
    """Checks who asks. Revocations are checked where the answer is made, in its transaction."""

    def __init__(self, registry: Registry, now: Callable[[], float]) -> None:
        self._registry, self._now = registry, now

    def grant(self, request: Request[Any, Any, Any]) -> Grant:
        """The request's grant; raises `Refusal`."""
        scheme, _, statement = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            raise Refusal(Code.BAD_GRANT)
        grant = self._registry.grant(statement, self._now())
        origin = request.headers.get("origin")
        if origin is not None and not self._registry.knows_origin(grant.iss, origin):
            raise Refusal(Code.BAD_ORIGIN)
        return grant
