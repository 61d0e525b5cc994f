"""`GET /settings`, `PUT /settings`, `PUT /rooms/{room}/mine`."""

from litestar import get, put
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from samrum.home.login.door import Me
from samrum.home.rooms.http import room_of
from samrum.home.settings.actions import OwnSettings
from samrum.wire.rooms_api import Mine, Settings


def handlers(settings: OwnSettings) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/settings")
    async def own(me: Me) -> Settings:
        return await settings.get(me.pid)

    @put("/settings", status_code=204)
    async def choose(me: Me, data: JSONBody[Settings]) -> None:
        await settings.put(me.pid, data)

    @put("/rooms/{room:str}/mine", status_code=204)
    async def see(me: Me, room: FromPath[str], data: JSONBody[Mine]) -> None:
        await settings.put_mine(me.pid, room_of(room), data)

    return [own, choose, see]
