"""`POST /search`, `GET /mentions`. What is looked for stands in the body: in no address, history or log."""

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from samrum.home.login.door import Me
from samrum.home.search.actions import Finding
from samrum.wire.search_api import Found, Mentions, Search


def handlers(finding: Finding) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @post("/search", status_code=200)
    async def search(me: Me, data: JSONBody[Search]) -> Found:
        return await finding.search(me.pid, data)

    @get("/mentions")
    async def mentions(me: Me) -> Mentions:
        return await finding.mentions(me.pid)

    return [search, mentions]
