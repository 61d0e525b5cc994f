"""`GET /rooms/{room}/blocked`, `POST /rooms/{room}/unblock`, `GET /reports`, `POST /reports`, `POST /reports/{report}/close`."""

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from samrum.home.login.door import Me
from samrum.home.moderation.actions import Moderation
from samrum.home.rooms.http import room_of
from samrum.wire.moderation_api import Blocked, CloseReport, NewReport, Reported, Reports, Unblock


def handlers(moderation: Moderation) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/rooms/{room:str}/blocked")
    async def blocked(me: Me, room: FromPath[str]) -> Blocked:
        return await moderation.blocked(me.pid, room_of(room))

    @post("/rooms/{room:str}/unblock", status_code=204)
    async def unblock(me: Me, room: FromPath[str], data: JSONBody[Unblock]) -> None:
        await moderation.unblock(me.pid, room_of(room), data)

    @post("/reports", status_code=200)
    async def report(me: Me, data: JSONBody[NewReport]) -> Reported:
        return await moderation.report(me.pid, data)

    @get("/reports")
    async def reports(me: Me, which: FromQuery[str] = "open", skip: FromQuery[int] = 0) -> Reports:
        return await moderation.reports(me.pid, which, skip)

    @post("/reports/{report:int}/close", status_code=204)
    async def close(me: Me, report: FromPath[int], data: JSONBody[CloseReport]) -> None:
        await moderation.close(me.pid, report, data)

    return [blocked, unblock, report, reports, close]
