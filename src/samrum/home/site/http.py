"""The web client's files, at every path that nothing else answers, and the list of them with their hashes.

A page that a person opens (a navigation) at an unknown path gets the client's start page, which finds its way by itself.
"""

import asyncio
from typing import Any

from litestar import HttpMethod, Request, Response, get, route
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from samrum.home.errors import NotFound
from samrum.home.site.files import Served, Site
from samrum.wire.home_api import ClientBuild


def handlers(site: Site) -> list[BaseRouteHandler]:
    """The routes of this folder."""

    @get("/client.json")
    async def build() -> ClientBuild:
        found = await asyncio.to_thread(site.build)
        if found is None:
            raise NotFound
        return found

    @route(["/", "/{path:path}"], http_method=[HttpMethod.GET, HttpMethod.HEAD])
    async def files(request: Request[Any, Any, Any], path: FromPath[str] = "") -> Response[bytes]:
        served = await asyncio.to_thread(_find, site, path.strip("/"), request.headers.get("accept", ""))
        headers = {"cache-control": served.cache, "etag": served.etag, "vary": "Accept-Encoding"}
        if served.etag in {one.strip() for one in request.headers.get("if-none-match", "").split(",")}:
            return Response(b"", status_code=304, headers=headers)
        encoding, body = served.choose(request.headers.get("accept-encoding", ""))
        if encoding:
            headers["content-encoding"] = encoding
        return Response(body, media_type=served.media_type, headers=headers)

    return [build, files]


def _find(site: Site, path: str, accept: str) -> Served:
    if not path:
        return site.index()
    served = site.get(path)
    if served is not None:
        return served
    if "text/html" in accept and "." not in path.rpartition("/")[2]:
        return site.index()
    raise NotFound
