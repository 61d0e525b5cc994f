"""Every refusal over HTTP is a status and a code; nothing of the cause gets out."""

import errno
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from litestar import get, post
from litestar.params import JSONBody
from sqlalchemy.exc import OperationalError

from samrum.plumbing import http
from samrum.plumbing.config import BadConfig
from samrum.plumbing.http import Refused
from samrum.plumbing.log import Log
from samrum.wire.base import Problem, Wire
from samrum.wire.codes import Code


class Small(Wire):
    n: int


@get("/refused")
async def refused() -> None:
    raise Refused(429, Code.RATE_LIMITED, retry_after=2.4)


@get("/broken")
async def broken() -> None:
    raise RuntimeError("Åsa Ek's secret")


@get("/locked")
async def locked() -> None:
    raise OperationalError("INSERT", {}, Exception("database is locked: Åsa Ek"))


@get("/full")
async def full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "period.key")


@get("/missing")
async def missing() -> None:
    raise FileNotFoundError(errno.ENOENT, "No such file", "period.key")


@post("/small")
async def small(data: JSONBody[Small]) -> Small:
    return data


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = http.application([refused, broken, locked, full, missing, small], log=Log(), max_body=1000)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://home") as client:
        yield client


def problem(answer: httpx.Response) -> Problem:
    return msgspec.json.decode(answer.content, type=Problem)


async def test_a_refusal_carries_its_code_and_when_to_try_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refused")
    assert (answer.status_code, problem(answer)) == (429, Problem(code="rate_limited", retry_after=2.4))
    assert answer.headers["retry-after"] == "2"


async def test_what_breaks_says_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken")
    assert (answer.status_code, problem(answer)) == (500, Problem(code="internal"))
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"n": 1, "name": 2}', 400, "bad_request"),
        (b'{"n": "1"}', 400, "bad_request"),
        (b"{", 400, "bad_request"),
        (b'{"n": 1, "\xff": 1}', 400, "bad_request"),
        (b'{"n": ' + b" " * 1000 + b"1}", 413, "too_large"),
    ],
)
async def test_bodies_are_taken_strictly(client: httpx.AsyncClient, body: bytes, status: int, code: str) -> None:
    answer = await client.post("/small", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, problem(answer).code) == (status, code)


async def test_absent_paths_and_methods_look_the_same(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/absent")).code == problem(await client.get("/small")).code == "not_found"


def test_a_taken_port_gets_a_sentence() -> None:
    first = http.listen("127.0.0.1", 0)
    port = first.getsockname()[1]
    try:
        with pytest.raises(BadConfig, match=f"port {port} on 127.0.0.1 cannot be used"):
            http.listen("127.0.0.1", port)
    finally:
        first.close()


async def test_a_store_that_refuses_is_no_fault_of_ours_and_says_when_to_come_again(client: httpx.AsyncClient) -> None:
    for path in ("/locked", "/full"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert problem(answer) == Problem(code=Code.STORE_FAILED, retry_after=5)
    assert (await client.get("/missing")).status_code == 500
