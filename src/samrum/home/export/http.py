"""`GET /export`, `POST /export`, `GET /export/file`."""

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.response import File

from samrum.home.export.actions import Exports
from samrum.home.login.door import Me
from samrum.wire.export_api import Export


def handlers(exports: Exports) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/export")
    async def state(me: Me) -> Export:
        return await exports.state(me)

    @post("/export", status_code=200)
    async def begin(me: Me) -> Export:
        return await exports.begin(me)

    @get("/export/file")
    async def file(me: Me) -> File:
        return File(await exports.file(me), filename="samrum.zip", media_type="application/zip")

    return [state, begin, file]
