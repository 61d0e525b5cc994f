"""`GET /channels`, `POST /rooms/{room}/join`."""

from typing import Any

from litestar import Request, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery

from samrum.home.channels.actions import PublicChannels
from samrum.home.devices.proof import Proofs
from samrum.home.login.door import Me
from samrum.home.rooms.http import room_of
from samrum.wire.home_api import Changed
from samrum.wire.rooms_api import Channels


def handlers(channels: PublicChannels, proofs: Proofs) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/channels")
    async def browse(me: Me, q: FromQuery[str] = "", skip: FromQuery[int] = 0, limit: FromQuery[int] = 50) -> Channels:
        return await channels.list(me.pid, q[:200], skip, limit)

    @post("/rooms/{room:str}/join", status_code=200)
    async def join(request: Request[Any, Any, Any], me: Me, room: FromPath[str]) -> Changed:
        return await channels.join(me.pid, room_of(room), await proofs.optional(request, me))

    return [browse, join]
