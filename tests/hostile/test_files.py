"""What relay has to bear where files come and go: names of others, ways out of the folder, bodies that lie, races, and crowds that do nothing.

Every test runs while two others talk (`talk.goes_on`): their messages pass in time, and in the end nothing is stored that was not before.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest

from samrum.relay.blobs.actions import OF_ALL, UNLINKED_MOST, UPLOADS
from samrum.wire import ids
from samrum.wire.codes import Code
from samrum.wire.files import MIN_BODY
from tests.blobs.client import MIB, Files, code, in_store, sealed
from tests.hostile.conftest import Talk
from tests.hostile.raw import Raw
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess

pytestmark = pytest.mark.servers
DATA = sealed(MIB)


@pytest.fixture
async def annas(relay: RelayProcess, talk: Talk) -> AsyncIterator[Files]:
    """Anna's files; what she uploads in a test, she has to give up in it."""
    files = Files(relay, talk.anna)
    yield files
    await files.http.aclose()


@pytest.fixture
async def mallorys(relay: RelayProcess, mallory: Device) -> AsyncIterator[Files]:
    files = Files(relay, mallory)
    yield files
    await files.http.aclose()


async def told(files: Files, head: str, body: bytes, *, end: bool = False) -> bytes:
    """What relay answers to these very bytes, until it closes; with `end` nothing follows them, and perhaps no answer comes."""
    async with await Raw.bare(files.relay.http) as raw:
        await raw.send(f"{head}\r\nhost: relay\r\nauthorization: {files.headers['authorization']}\r\n".encode() + body)
        answer = b""
        with contextlib.suppress(OSError):
            if end:
                raw.writer.write_eof()
            while data := await asyncio.wait_for(raw.reader.read(1 << 16), 20):
                answer += data
        return answer


async def test_names_that_are_not_ones_own(
    relay: RelayProcess, talk: Talk, annas: Files, mallorys: Files, stranger: Authority
):
    """Another person's upload, another authority's member, a part's name in the bucket, names of nothing: one answer."""
    before = set(in_store(relay))
    foreigner = Files(relay, Device(stranger, talk.anna.pid))
    async with talk.goes_on():
        name = await annas.upload(DATA)
        [part] = set(in_store(relay)) - before
        for who, what in (
            (mallorys, name),
            (foreigner, name),
            (annas, part),
            (mallorys, part),
            (annas, ids.new_object()),
        ):
            for answer in (
                await who.get(what),
                await who.get(what, "bytes=0-9"),
                await who.put(what, DATA),
                await who.http.get(f"/objects/{what}/state"),
                await who.drop(what),
            ):
                assert code(answer) == (404, Code.NOT_FOUND)
        assert (await annas.get(name)).content == DATA
        assert (await annas.drop(name)).status_code == 204
    await foreigner.http.aclose()


async def test_ways_out_of_the_folder(relay: RelayProcess, talk: Talk, annas: Files):
    before = set(in_store(relay))
    name = await annas.upload(DATA)
    [part] = set(in_store(relay)) - before
    tricks = [
        "..", "../relay/relay.db", "..%2frelay%2frelay.db", "%2e%2e/%2e%2e/etc/passwd", "..%5c..%5cetc", f"../store/{part}", f"..%2fstore%2f{part}",
        f"{name}/../{part}", f"{name}%00", f"{name}.", f"{name}%20", name.upper(), name[:-1], name + "0", "*", "%", "ü", "a" * 4000,
    ]  # fmt: skip
    async with talk.goes_on():
        for trick in tricks:
            for method in ("GET", "PUT", "DELETE"):
                path = f"/objects/{trick}?offset=0"
                answer = await told(
                    annas, f"{method} {path} HTTP/1.1", b"content-length: 0\r\nconnection: close\r\n\r\n"
                )
                assert answer[:12] in (b"HTTP/1.1 404", b"HTTP/1.1 400", b"HTTP/1.1 405"), (method, trick, answer)
                assert b"SQLite" not in answer
    await annas.drop(name)
    assert set(in_store(relay)) == before


async def test_bodies_that_lie(relay: RelayProcess, talk: Talk, annas: Files):
    """Cut, longer than said, in broken chunks, with two lengths, without one, with none of what was said: nothing of it is kept."""
    half = DATA[: len(DATA) // 2]
    async with talk.goes_on():
        name = await annas.made(len(DATA))
        put = f"PUT /objects/{name}?offset=0 HTTP/1.1"
        for body in (
            b"content-length: %d\r\n\r\n" % len(DATA) + half,
            b"content-length: 99999999999999999999\r\n\r\n" + half,
            b"content-length: -1\r\n\r\n" + half,
            b"content-length: 10\r\ncontent-length: 20\r\n\r\n" + half,
            b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n" + b"zz\r\n" + half,
            b"transfer-encoding: chunked\r\n\r\n40000\r\n" + half,
            b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + half,
            b"transfer-encoding: gzip\r\n\r\n" + half,
            b"\r\n" + half,
        ):
            answer = await told(annas, put, body, end=True)
            assert answer[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 413"), answer[:200]
            assert (await annas.state(name)).have == 0, body[:60]
        longer = await told(annas, put, b"content-length: %d\r\n\r\n" % len(DATA) + DATA + b"GET / HTTP/1.1\r\n\r\n")
        assert longer.startswith(b"HTTP/1.1 200")  # what follows is another request
        assert (await annas.get(name)).content == DATA
        await annas.drop(name)


async def test_a_file_that_is_not_as_large_as_was_said(relay: RelayProcess, talk: Talk, annas: Files):
    """It shrank: it stays incomplete, and no message links it. It grew: the rest is refused."""
    async with talk.goes_on():
        name = await annas.made(len(DATA))
        await annas.kept(name, DATA[:-MIN_BODY])
        device = talk.anna.second()
        await device.open(relay.stream)
        error = await device.refused(device.seal(talk.room), [name])
        assert (error.code, error.have) == (Code.OBJECT_INCOMPLETE, len(DATA) - MIN_BODY)
        for more in (DATA[-MIN_BODY:] + b"x", DATA):
            assert code(await annas.put(name, more, len(DATA) - MIN_BODY)) == (413, Code.TOO_LARGE)
        await device.close()
        await annas.drop(name)


async def test_uploads_that_race_with_each_other_and_with_the_end(relay: RelayProcess, talk: Talk, annas: Files):
    """Other bytes at the same place at once, and an upload that is given up meanwhile: one wins, and nothing of the others stays."""
    before = in_store(relay)
    async with talk.goes_on():
        for _ in range(5):
            name = await annas.made(len(DATA))
            tries = [secrets.token_bytes(len(DATA)) for _ in range(UPLOADS)]
            answers = await asyncio.gather(*(annas.put(name, one) for one in tries))
            assert {answer.status_code for answer in answers} == {200}
            assert (await annas.get(name)).content in tries
            await annas.drop(name)
            name = await annas.made(len(DATA))
            answers = await asyncio.gather(annas.put(name, DATA), annas.drop(name), annas.put(name, DATA))
            assert {answer.status_code for answer in answers} <= {200, 204, 404}
            assert code(await annas.get(name)) == (404, Code.NOT_FOUND)
            assert in_store(relay) == before


async def test_a_thousand_uploads_that_are_begun_and_left(relay: RelayProcess, talk: Talk, mallorys: Files):
    """Twenty are; of one person, whichever device begins them."""
    second = Files(relay, mallorys.device.second())
    async with talk.goes_on():
        names = [await mallorys.made(len(DATA)) for _ in range(UNLINKED_MOST)]
        for _ in range(49):
            for answer in await asyncio.gather(
                *(one.begin(len(DATA)) for one in (mallorys, second) for _ in range(10))
            ):
                assert code(answer) == (409, Code.TOO_MANY_UPLOADS)
        for name in names:
            assert (await second.drop(name)).status_code == 204
    await second.http.aclose()


async def test_a_thousand_connections_with_half_a_body(relay: RelayProcess, talk: Talk, authority: Authority):
    """Of fifty devices, twenty each: so many may be under way as relay has places for, the others are told so, and all of them end."""
    many = [Files(relay, Device(authority)) for _ in range(50)]
    async with talk.goes_on():
        names = [await one.made(len(DATA)) for one in many]
        async with contextlib.AsyncExitStack() as crowd:
            raws = [await crowd.enter_async_context(await Raw.bare(relay.http)) for _ in range(1000)]
            for number, raw in enumerate(raws):
                files, name = many[number // 20], names[number // 20]
                head = f"PUT /objects/{name}?offset=0 HTTP/1.1\r\nhost: relay\r\nauthorization: {files.headers['authorization']}"
                await raw.send(f"{head}\r\ncontent-length: {len(DATA)}\r\n\r\n".encode() + DATA[:1000])
            answers = [asyncio.create_task(raw.reader.read(1000)) for raw in raws]
            while sum(task.done() for task in answers) < 1000 - OF_ALL:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)
            said = [task.result() for task in answers if task.done()]
            assert len(said) == 1000 - OF_ALL
            assert all(one.startswith(b"HTTP/1.1 429") for one in said)
            waiting = [sum(not task.done() for task in answers[at : at + 20]) for at in range(0, 1000, 20)]
            assert max(waiting) == UPLOADS
        await asyncio.gather(*answers, return_exceptions=True)
        for number, (one, name) in enumerate(zip(many, names, strict=True)):
            if number % 5 == 0:
                assert await _again(one, name) == len(DATA)
            assert (await one.drop(name)).status_code == 204
    for one in many:
        await one.http.aclose()


async def _again(files: Files, name: str) -> int:
    """The upload, once there is a place for it."""
    for _ in range(100):
        with contextlib.suppress(httpx.TransportError):
            if (answer := await files.put(name, DATA)).status_code == 200:
                have: int = answer.json()["have"]
                return have
        await asyncio.sleep(0.05)
    raise AssertionError("no place")


async def test_bodies_of_nobody_are_not_read(relay: RelayProcess, talk: Talk, annas: Files):
    """Without a grant, or to somebody else's object, relay answers before it has read what follows."""
    async with talk.goes_on():
        for auth, expected in (
            ("", b"HTTP/1.1 401"),
            (f"authorization: {annas.headers['authorization']}\r\n", b"HTTP/1.1 404"),
        ):
            async with await Raw.bare(relay.http) as raw:
                head = f"PUT /objects/{ids.new_object()}?offset=0 HTTP/1.1\r\nhost: relay\r\n{auth}content-length: {8 * MIB}\r\n\r\n"
                await raw.send(head.encode() + bytes(1000))
                assert (await asyncio.wait_for(raw.reader.read(1000), 5)).startswith(expected)


async def test_links_of_nobody(relay: RelayProcess, talk: Talk, annas: Files, mallory: Device, home: HomeDoor):
    """A member of another room cannot get a file by naming it, nor tell whether there is one."""
    theirs = await home.room(mallory.pid)
    await mallory.open(relay.stream)
    name = await annas.upload(DATA)
    async with talk.goes_on():
        for what in (name, ids.new_object()):
            error = await mallory.refused(mallory.seal(theirs), [what])
            assert (error.code, error.have) == (Code.NO_SUCH_OBJECT, None)
    await annas.drop(name)
