"""Files over HTTP: uploads in pieces, downloads by range. `Authorization: Bearer <grant>`."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Any, Final

from litestar import Request, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.types import ASGIApp, HTTPResponseStartEvent, Receive, Scope, Send

from samrum.plumbing.log import Log
from samrum.relay.blobs.actions import Blobs
from samrum.relay.errors import Refusal
from samrum.relay.tenants.bearer import Bearers
from samrum.wire import ids
from samrum.wire.codes import Code
from samrum.wire.files import MAX_BODY, MAX_OBJECT
from samrum.wire.ids import BadId, ObjectName
from samrum.wire.relay_api import NewObject, ObjectHas, ObjectMade, ObjectState

AnyRequest = Request[Any, Any, Any]
_RANGE: Final = re.compile(r"bytes=(?:(\d{1,16})-(\d{1,16})?|-(\d{1,16}))")


def routes(blobs: Blobs, bearers: Bearers, log: Log) -> list[HTTPRouteHandler]:
    """The handlers of this folder."""

    @post("/objects", status_code=201)
    async def make(request: AnyRequest, data: JSONBody[NewObject]) -> ObjectMade:
        return await blobs.make(bearers.grant(request), data.size)

    @put("/objects/{name:str}", status_code=200, request_max_body_size=MAX_BODY)
    async def take(request: AnyRequest, name: FromPath[str], offset: FromQuery[int]) -> ObjectHas:
        grant = bearers.grant(request)
        if not 0 <= offset <= MAX_OBJECT:
            raise Refusal(Code.BAD_REQUEST)
        return await blobs.take(grant, _name(name), offset, request.stream())

    @get("/objects/{name:str}/state")
    async def state(request: AnyRequest, name: FromPath[str]) -> ObjectState:
        return await blobs.state(bearers.grant(request), _name(name))

    @delete("/objects/{name:str}", status_code=204)
    async def give_up(request: AnyRequest, name: FromPath[str]) -> None:
        await blobs.give_up(bearers.grant(request), _name(name))

    @get("/objects/{name:str}")
    async def give(request: AnyRequest, name: FromPath[str]) -> ASGIApp:
        grant, wanted = bearers.grant(request), _name(name)
        size = await blobs.size(grant, wanted)
        header = request.headers.get("range")
        start, end = (0, size) if header is None else span(header, size)
        head = _head(start, end, None if header is None else size)
        return _answer(head, blobs.pieces(grant, wanted, start, end), end - start, log)

    return [make, take, state, give_up, give]


def _name(text: str) -> ObjectName:
    try:
        return ids.object_name(text)
    except BadId:
        raise Refusal(Code.NOT_FOUND) from None


def span(header: str, size: int) -> tuple[int, int]:
    """From where to before where a `Range` header asks (RFC 9110 section 14); raises `Refusal` for what is not one range inside."""
    found = _RANGE.fullmatch(header)
    if found is None:
        raise Refusal(Code.BAD_RANGE)
    first, last, suffix = (int(part) if part else None for part in found.groups())
    if suffix is not None:
        start, end = max(0, size - suffix), size
    else:
        start, end = first or 0, size if last is None else min(last + 1, size)
    if start >= end:
        raise Refusal(Code.BAD_RANGE)
    return start, end


def _head(start: int, end: int, size: int | None) -> HTTPResponseStartEvent:
    """The answer's head; with `size` for one range of it."""
    headers = {
        "content-type": "application/octet-stream",
        "content-length": str(end - start),
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    if size is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200 if size is None else 206, "headers": raw}


def _answer(head: HTTPResponseStartEvent, pieces: AsyncGenerator[bytes], left: int, log: Log) -> ASGIApp:
    """Sends pieces as fast as they are taken. What fails after the first ends the connection, so that nobody takes it for the whole."""

    async def sending(_scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal left
        begun, gone = False, asyncio.ensure_future(_gone(receive))
        try:
            async for piece in pieces:
                if not begun:
                    await send(head)
                    begun = True
                if gone.done():
                    return
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
        except Refusal as refusal:
            if not begun:
                raise
            log.warning("objects.cut", code=refusal.code)
        finally:
            gone.cancel()
            await pieces.aclose()

    return sending


async def _gone(receive: Receive) -> None:
    """Returns when whom one answers has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
