"""`POST /keys`, and `GET /keys.json`, which is for anybody."""

from typing import Any

from litestar import Request, get, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from samrum.home.devices.proof import Proofs
from samrum.home.errors import NotAllowed
from samrum.home.keys.actions import EpochKeys
from samrum.home.login.door import Me
from samrum.wire.home_api import Keys, PublicKeys, WantKeys


def handlers(keys: EpochKeys, proofs: Proofs, public: PublicKeys) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @post("/keys", status_code=200, guards=[_no_grant])
    async def release(request: Request[Any, Any, Any], me: Me, data: JSONBody[WantKeys]) -> Keys:
        return await keys.released(me.pid, data, await proofs.required(request, me))

    @get("/keys.json")
    async def signing() -> PublicKeys:
        return public

    return [release, signing]


def _no_grant(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """What opens relay opens no key: a request that brings a grant is refused, whatever else it brings."""
    if "authorization" in connection.headers:
        raise NotAllowed
