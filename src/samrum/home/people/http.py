"""`GET /people`, `POST /names`."""

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, JSONBody

from samrum.home.login.door import Door
from samrum.home.people.actions import Directory
from samrum.wire.home_api import People, WantNames


def handlers(directory: Directory, door: Door) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/people", guards=[door.guard])
    async def people(q: FromQuery[str] = "", limit: FromQuery[int] = 20) -> People:
        return await directory.search(q[:200], limit)

    @post("/names", status_code=200, guards=[door.guard])
    async def names(data: JSONBody[WantNames]) -> People:
        return await directory.names(data.pids)

    return [people, names]
