"""`/rooms/{room}/hooks` for owners, and `POST /hooks/{token}` for whoever has an address."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from samrum.home.errors import NotFound
from samrum.home.hooks.actions import HookBook
from samrum.home.login.door import Me
from samrum.home.rooms.http import room_of
from samrum.wire import ids
from samrum.wire.hooks_api import HookMade, Hooks, NewHook
from samrum.wire.ids import Pid

MAX_BODY: Final = 128 * 1024
"""Bytes of a request; the text itself has at most 60 KiB, which JSON may write twice as long."""


class _Said(msgspec.Struct):
    """What a machine says. Others' formats have more fields: they are passed over."""

    text: str


_DECODER: Final = msgspec.json.Decoder(_Said, strict=True)


def handlers(hooks: HookBook) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/rooms/{room:str}/hooks")
    async def listed(me: Me, room: FromPath[str]) -> Hooks:
        return await hooks.of_room(me.pid, room_of(room))

    @post("/rooms/{room:str}/hooks", status_code=200)
    async def make(me: Me, room: FromPath[str], data: JSONBody[NewHook]) -> HookMade:
        return await hooks.make(me.pid, room_of(room), data)

    @post("/rooms/{room:str}/hooks/{pid:str}/rotate", status_code=200)
    async def turn(me: Me, room: FromPath[str], pid: FromPath[str]) -> HookMade:
        return await hooks.turn(me.pid, room_of(room), _pid(pid))

    @post("/rooms/{room:str}/hooks/{pid:str}/remove", status_code=204)
    async def remove(me: Me, room: FromPath[str], pid: FromPath[str]) -> None:
        await hooks.remove(me.pid, room_of(room), _pid(pid))

    @post("/hooks/{token:str}", status_code=202, request_max_body_size=MAX_BODY)
    async def say(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
        # A body is looked at only where the address is one: `text` is empty until then.
        body = await request.body()
        try:
            text = _DECODER.decode(body).text
        except (ValueError, RecursionError):
            text = ""
        await hooks.say(token, text)
        return Response(b"", status_code=202, media_type="text/plain")

    return [listed, make, turn, remove, say]


def _pid(text: str) -> Pid:
    try:
        ids.raw(text, "p")
    except ids.BadId:
        raise NotFound from None
    return Pid(text)
