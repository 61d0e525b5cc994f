"""`GET /ledger`."""

from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery

from samrum.home.ledger.actions import Ledger
from samrum.home.login.door import Door
from samrum.wire import home_api


def handlers(book: Ledger, door: Door) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/ledger", guards=[door.guard])
    async def ledger(after: FromQuery[int] = 0, limit: FromQuery[int] = 1000) -> home_api.Ledger:
        return await book.page(max(0, after), max(1, limit))

    return [ledger]
