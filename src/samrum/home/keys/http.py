"""`POST /keys`."""

from typing import Any

from litestar import Request, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from samrum.home.devices.proof import Proofs
from samrum.home.keys.actions import EpochKeys
from samrum.home.login.door import Me
from samrum.plumbing.clock import Clock
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.home_api import Keys, WantKeys


def handlers(db: Transactions, clock: Clock, keys: EpochKeys, proofs: Proofs) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @post("/keys", status_code=200)
    async def release(request: Request[Any, Any, Any], me: Me, data: JSONBody[WantKeys]) -> Keys:
        proven = await proofs.required(request, me)
        now = clock.now()
        keys.limit(me.pid, len(data.want) + len(data.media), now)

        def write(tx: Tx) -> Keys:
            proven.use(tx)
            return keys.release(tx, me.pid, data.want, data.media, int(now))

        return await db.write(write)

    return [release]
