"""`GET /since/{cursor}`."""

from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from samrum.home.login.door import Me
from samrum.home.since.actions import Picture
from samrum.wire.home_api import Since


def handlers(picture: Picture) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/since/{cursor:int}")
    async def since(me: Me, cursor: FromPath[int]) -> Since:
        return await picture.since(me.pid, cursor)

    return [since]
