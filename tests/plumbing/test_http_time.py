"""How long a connection may take: for a request by its length, for an answer as long as some of it is taken."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Request, Response, get, put

from samrum.plumbing import http
from samrum.plumbing.log import Log

KIB = 1024
SIZE = 16 * 1024 * KIB
HEAD = b"PUT /take HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"


@put("/take")
async def take(request: Request[Any, Any, Any]) -> str:
    return str(len(await request.body()))


@get("/give")
async def give() -> Response[bytes]:
    return Response(bytes(SIZE), media_type="application/octet-stream")


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server with less patience than ours."""
    monkeypatch.setattr(http, "ARRIVAL_SECONDS", 0.5)
    monkeypatch.setattr(http, "ARRIVAL_RATE", 200 * KIB)
    monkeypatch.setattr(http, "STALL_SECONDS", 1.0)
    with contextlib.closing(http.listen("127.0.0.1", 0)) as sock:
        server = http.server(http.application([take, give], log=Log()))
        running = asyncio.create_task(server.serve(sockets=[sock]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield sock.getsockname()[1]
        server.should_exit = True
        await running


async def sent(port: int, size: int, pause: float, pieces: int) -> tuple[bytes, float]:
    """What comes of a request with a body of `size` bytes in so many pieces with pauses between, and after how long."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begun = time.monotonic()
    answer = b""
    try:
        writer.write(HEAD % size)
        for _ in range(pieces):
            writer.write(bytes(size // pieces))
            await writer.drain()
            await asyncio.sleep(pause)
        answer = await asyncio.wait_for(reader.read(4000), 5)
    except ConnectionError:
        pass
    writer.close()
    return answer, time.monotonic() - begun


async def test_a_long_request_has_time_by_what_came_of_it(port: int) -> None:
    answer, seconds = await sent(port, 800 * KIB, 0.1, 8)  # 0.8 s; a short one would have half a second
    assert answer.endswith(b"819200")
    assert seconds > 0.6


async def test_a_request_that_trickles_is_cut(port: int) -> None:
    for size, pieces in ((80 * KIB, 20), (20, 20)):
        answer, seconds = await sent(port, size, 0.1, pieces)  # 2 s for what has to be there after 0.9 s
        assert answer == b""
        assert seconds < 2.5


async def test_a_second_request_begins_anew(port: int) -> None:
    """What the first brought buys the second no time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD % (900 * KIB) + bytes(900 * KIB))
    assert b"200 OK" in await asyncio.wait_for(reader.read(4000), 5)
    writer.write(HEAD % 1000 + bytes(999))
    begun = time.monotonic()
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(4000), 5) == b""
    assert time.monotonic() - begun < 1.2
    writer.close()


async def test_an_answer_that_nobody_takes_is_cut_and_one_that_is_taken_slowly_is_not(port: int) -> None:
    async def taken(pauses: int, seconds: float) -> int:
        """How much comes to somebody who pauses so often, as long each time."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /give HTTP/1.1\r\nhost: x\r\n\r\n")
        got, rest = 0, 0
        with contextlib.suppress(ConnectionError):
            while got < SIZE and (data := await asyncio.wait_for(reader.read(SIZE), 5)):
                got, rest = got + len(data), rest + len(data)
                if rest > SIZE // 8 and pauses:
                    pauses, rest = pauses - 1, 0
                    await asyncio.sleep(seconds)
        writer.close()
        return got

    assert await taken(5, 0.3) >= SIZE
    assert await taken(1, 2.0) < SIZE


async def test_who_took_an_answer_may_rest_and_ask_again(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for pause in (2.5, 0):
        writer.write(b"GET /give HTTP/1.1\r\nhost: x\r\n\r\n")
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert head.startswith(b"HTTP/1.1 200")
        await asyncio.wait_for(reader.readexactly(SIZE), 5)
        await asyncio.sleep(pause)
    writer.close()
