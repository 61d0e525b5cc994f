"""`/rooms/{room}/picture`."""

from typing import Any

from litestar import Request, Response, delete, get, put
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from samrum.home.devices.proof import Proofs
from samrum.home.login.door import Me
from samrum.home.pictures.actions import Pictures
from samrum.home.rooms.http import room_of
from samrum.wire.home_api import Changed
from samrum.wire.rooms_api import RoomPicture

AnyRequest = Request[Any, Any, Any]


def handlers(pictures: Pictures, proofs: Proofs) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/rooms/{room:str}/picture")
    async def show(me: Me, room: FromPath[str], v: FromQuery[str] = "") -> Response[bytes]:
        picture = await pictures.get(me.pid, room_of(room))
        keep = "private, max-age=31536000, immutable" if v == picture.version else "no-store"
        return Response(picture.data, media_type=picture.kind, headers={"cache-control": keep})

    @put("/rooms/{room:str}/picture", status_code=200)
    async def choose(request: AnyRequest, me: Me, room: FromPath[str], data: JSONBody[RoomPicture]) -> Changed:
        return await pictures.put(me.pid, room_of(room), data.data, await proofs.optional(request, me))

    @delete("/rooms/{room:str}/picture", status_code=200)
    async def remove(request: AnyRequest, me: Me, room: FromPath[str]) -> Changed:
        return await pictures.remove(me.pid, room_of(room), await proofs.optional(request, me))

    return [show, choose, remove]
