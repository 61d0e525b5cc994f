"""`POST /keys`."""

from typing import Any

from litestar import Request, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from samrum.home.devices.proof import Proofs
from samrum.home.keys.actions import EpochKeys
from samrum.home.login.door import Me
from samrum.wire.home_api import Keys, WantKeys


def handlers(keys: EpochKeys, proofs: Proofs) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @post("/keys", status_code=200)
    async def release(request: Request[Any, Any, Any], me: Me, data: JSONBody[WantKeys]) -> Keys:
        return await keys.released(me.pid, data, await proofs.required(request, me))

    return [release]
