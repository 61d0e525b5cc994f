"""Joining, and LiveKit's webhook."""

from typing import Any

from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from samrum.relay.errors import Refusal
from samrum.relay.meetings.actions import Meetings
from samrum.relay.tenants.bearer import Bearers
from samrum.wire import ids
from samrum.wire.codes import Code
from samrum.wire.ids import BadId, RoomId
from samrum.wire.relay_api import Join


def routes(meetings: Meetings, bearers: Bearers) -> list[HTTPRouteHandler]:
    """The handlers of this folder."""

    @post("/rooms/{room:str}/join", status_code=200)
    async def join(request: Request[Any, Any, Any], room: FromPath[str]) -> Join:
        grant = bearers.grant(request)
        try:
            ids.raw(room, "r")
        except BadId:
            raise Refusal(Code.NOT_A_MEMBER) from None
        return await meetings.join(grant, RoomId(room))

    @post("/livekit/webhook", status_code=204)
    async def webhook(request: Request[Any, Any, Any]) -> None:
        await meetings.webhook(await request.body(), request.headers.get("authorization", ""))

    return [join, webhook]
