"""`POST /keys`, and `GET /keys.json`, which is for anybody."""

from typing import Any

from litestar import Request, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from samrum.home.devices.proof import Proofs
from samrum.home.keys.actions import EpochKeys
from samrum.home.login.door import Me
from samrum.wire.home_api import Keys, PublicKeys, WantKeys


def handlers(keys: EpochKeys, proofs: Proofs, public: PublicKeys) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @post("/keys", status_code=200)
    async def release(request: Request[Any, Any, Any], me: Me, data: JSONBody[WantKeys]) -> Keys:
        return await keys.released(me.pid, data, await proofs.required(request, me))

    @get("/keys.json")
    async def signing() -> PublicKeys:
        return public

    return [release, signing]
