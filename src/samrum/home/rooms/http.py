"""`POST /rooms`, `PATCH /rooms/{room}`, `/rooms/{room}/members`, `POST /rooms/{room}/own`, `/rooms/{room}/people`, `/rooms/{room}/past`, `POST /rosters`.

A `Samrum-Proof` is optional here: with it the answer carries the current key, without it the client asks `POST /keys`.
"""

from typing import Any

from litestar import Request, get, patch, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from samrum.home.devices.proof import Proofs
from samrum.home.errors import NotFound
from samrum.home.login.door import Me
from samrum.home.rooms.actions import Rooms
from samrum.wire import ids
from samrum.wire.home_api import (
    Changed,
    ChangeMembers,
    Listed,
    NewRoom,
    RoomPeople,
    Rosters,
    ToldPast,
    WantPast,
    WantRosters,
)
from samrum.wire.ids import RoomId
from samrum.wire.rooms_api import ChangeRoom

AnyRequest = Request[Any, Any, Any]


def handlers(rooms: Rooms, proofs: Proofs) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @post("/rooms", status_code=200)
    async def create(request: AnyRequest, me: Me, data: JSONBody[NewRoom]) -> Changed:
        return await rooms.create(me.pid, data, await proofs.optional(request, me))

    @post("/rooms/{room:str}/members", status_code=200)
    async def members(request: AnyRequest, me: Me, room: FromPath[str], data: JSONBody[ChangeMembers]) -> Changed:
        return await rooms.change_members(me.pid, room_of(room), data, await proofs.optional(request, me))

    @patch("/rooms/{room:str}", status_code=200)
    async def shape(request: AnyRequest, me: Me, room: FromPath[str], data: JSONBody[ChangeRoom]) -> Changed:
        return await rooms.shape(me.pid, room_of(room), data, await proofs.optional(request, me))

    @post("/rooms/{room:str}/own", status_code=200)
    async def own(request: AnyRequest, me: Me, room: FromPath[str]) -> Changed:
        return await rooms.own(me.pid, room_of(room), await proofs.optional(request, me))

    @post("/rosters", status_code=200)
    async def rosters(me: Me, data: JSONBody[WantRosters]) -> Rosters:
        return await rooms.rosters(me.pid, data)

    @get("/rooms/{room:str}/members")
    async def listed(me: Me, room: FromPath[str], after: FromQuery[str] = "") -> Listed:
        return await rooms.listed(me.pid, room_of(room), after[:64])

    @get("/rooms/{room:str}/people")
    async def people(
        me: Me, room: FromPath[str], q: FromQuery[str] = "", skip: FromQuery[int] = 0, limit: FromQuery[int] = 50
    ) -> RoomPeople:
        return await rooms.people(me.pid, room_of(room), q[:200], skip, limit)

    @post("/rooms/{room:str}/past", status_code=200)
    async def past(me: Me, room: FromPath[str], data: JSONBody[WantPast]) -> ToldPast:
        return await rooms.past(me.pid, room_of(room), data)

    return [create, members, shape, own, rosters, listed, people, past]


def room_of(text: str) -> RoomId:
    """The room of a path; raises `NotFound` for what is no room's id."""
    try:
        ids.raw(text, "r")
    except ids.BadId:
        raise NotFound from None
    return RoomId(text)
