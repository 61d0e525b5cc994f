"""`POST /rooms`, `POST /rooms/{room}/members`, `PATCH /rooms/{room}`, `POST /rosters`.

A `Samrum-Proof` is optional here: with it the answer carries the current key, without it the client asks `POST /keys`.
"""

from typing import Any

from litestar import Request, patch, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from samrum.home.devices.proof import Proofs
from samrum.home.errors import NotFound
from samrum.home.login.door import Me
from samrum.home.rooms.actions import Rooms
from samrum.wire import ids
from samrum.wire.home_api import Changed, ChangeMembers, ChangeRoom, NewRoom, Rosters, WantRosters
from samrum.wire.ids import RoomId

AnyRequest = Request[Any, Any, Any]


def handlers(rooms: Rooms, proofs: Proofs) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @post("/rooms", status_code=200)
    async def create(request: AnyRequest, me: Me, data: JSONBody[NewRoom]) -> Changed:
        return await rooms.create(me.pid, data, await proofs.optional(request, me))

    @post("/rooms/{room:str}/members", status_code=200)
    async def members(request: AnyRequest, me: Me, room: FromPath[str], data: JSONBody[ChangeMembers]) -> Changed:
        return await rooms.change_members(me.pid, _room(room), data, await proofs.optional(request, me))

    @patch("/rooms/{room:str}", status_code=200)
    async def rename(request: AnyRequest, me: Me, room: FromPath[str], data: JSONBody[ChangeRoom]) -> Changed:
        return await rooms.rename(me.pid, _room(room), data.title, await proofs.optional(request, me))

    @post("/rosters", status_code=200)
    async def rosters(me: Me, data: JSONBody[WantRosters]) -> Rosters:
        return await rooms.rosters(me.pid, data.rooms)

    return [create, members, rename, rosters]


def _room(text: str) -> RoomId:
    try:
        ids.raw(text, "r")
    except ids.BadId:
        raise NotFound from None
    return RoomId(text)
