"""Files at relay: what is taken, who gets it, what a message may link."""

import asyncio
import contextlib
import sqlite3
import time

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.relay.blobs.actions import DOWNLOADS, UNLINKED_BYTES, UNLINKED_MOST
from samrum.wire import files, ids, stream
from samrum.wire.codes import Code
from samrum.wire.files import MAX_BODY, MAX_OBJECT, MIN_BODY
from samrum.wire.statements import MemberEntry, Role
from tests.blobs.client import MIB, Files, code, files_of, in_store, sealed
from tests.relay.client import ORIGIN, Authority, Device, HomeDoor, RelayProcess
from tests.relay.conftest import count

DATA = sealed(3_000_000)


@pytest.mark.wheel
async def test_what_is_put_comes_back(relay: RelayProcess, anna: Device):
    before = in_store(relay)
    async with files_of(relay, anna) as [mine]:
        name = await mine.made(len(DATA))
        cut = MIB + 12_345  # no multiple of what is read at a time
        assert await mine.kept(name, DATA[:cut]) == cut
        assert await mine.kept(name, DATA[cut:], cut) == len(DATA)
        assert (await mine.state(name)).have == len(DATA)
        answer = await mine.get(name)
        assert (answer.status_code, answer.content) == (200, DATA)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "no-store"
    new = {kept: size for kept, size in in_store(relay).items() if kept not in before}
    assert sorted(new.values()) == sorted([cut, len(DATA) - cut])
    assert name not in new  # the bucket knows other names than browsers
    for kept in new:
        ids.object_name(kept)
    assert not {path for path in relay.database.parent.iterdir() if not path.name.startswith("relay.db")}


RANGES = [
    ("bytes=0-0", 0, 1),
    ("bytes=5-1048580", 5, 1048581),
    (f"bytes={MIB - 1}-{MIB}", MIB - 1, MIB + 1),
    (f"bytes={len(DATA) - 1}-", len(DATA) - 1, len(DATA)),
    ("bytes=0-", 0, len(DATA)),
    ("bytes=-7", len(DATA) - 7, len(DATA)),
    ("bytes=-9999999999999999", 0, len(DATA)),
    ("bytes=3-9999999999999999", 3, len(DATA)),
]
NO_RANGES = [
    f"bytes={len(DATA)}-", "bytes=5-4", "bytes=-0", "bytes=-", "bytes=0-1,3-4", "bytes=a-b", "bytes 0-1", "items=0-1", "bytes=0-1;",
    "bytes=0x0-1", "bytes=" + "9" * 400 + "-", "bytes=-1-2", "bytes=٣-٤", "",
]  # fmt: skip


async def test_ranges(relay: RelayProcess, anna: Device):
    async with files_of(relay, anna) as [mine]:
        name = await mine.upload(DATA, MIB)
        for span, start, end in RANGES:
            answer = await mine.get(name, span)
            assert (answer.status_code, answer.content) == (206, DATA[start:end]), span
            assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
        for span in NO_RANGES:
            answer = await mine.http.get(f"/objects/{name}", headers=[("range", span.encode())])  # type: ignore[arg-type]
            assert code(answer) == (416, Code.BAD_RANGE), span


async def test_whatever_is_repeated_or_early_changes_nothing(relay: RelayProcess, anna: Device):
    """Twice the same, overlapping, and further on than what is there."""
    before = set(in_store(relay))
    async with files_of(relay, anna) as [mine]:
        name = await mine.made(len(DATA))
        early = await mine.put(name, DATA[MIB:], MIB)
        assert code(early) == (409, Code.OFFSET_GAP)
        assert early.json()["have"] == 0
        assert await mine.kept(name, DATA[:MIB]) == MIB
        assert await mine.kept(name, DATA[: MIB - 7]) == MIB
        assert await mine.kept(name, bytes(MIB)) == MIB  # what is there is not looked at
        assert await mine.kept(name, DATA[MIB // 2 : 2 * MIB], MIB // 2) == 2 * MIB
        gap = await mine.put(name, DATA[2 * MIB + 1 :], 2 * MIB + 1)
        assert code(gap) == (409, Code.OFFSET_GAP)
        assert gap.json()["have"] == 2 * MIB
        assert await mine.kept(name, DATA[2 * MIB :], 2 * MIB) == len(DATA)
        assert await mine.kept(name, DATA[2 * MIB :], 2 * MIB) == len(DATA)
        assert (await mine.get(name)).content == DATA
    assert sum(size for kept, size in in_store(relay).items() if kept not in before) == len(DATA)


async def test_sizes_that_relay_does_not_take(relay: RelayProcess, anna: Device):
    async with files_of(relay, anna) as [mine]:
        for plain in (0, 1, 9, 255, 10_000, MIB - 57, MIB, 2**31):
            size = files.sealed_size(files.padme(plain))
            assert (await mine.begin(size)).status_code == 201, plain
        for size in (0, 1, 55, 65, 100_000, len(DATA) + 1, 2**31):  # not a padded file's
            assert code(await mine.begin(size)) == (400, Code.BAD_REQUEST), size
        for size in (MAX_OBJECT + 1, 2**53 - 1):
            assert code(await mine.begin(size)) == (413, Code.TOO_LARGE)
        for body in (
            b"{}",
            b'{"size":-1}',
            b'{"size":"56"}',
            b'{"size":56,"name":"x"}',
            b'{"size":9007199254740992}',
            b"",
        ):
            assert code(await mine.http.post("/objects", content=body)) == (400, Code.BAD_REQUEST)


async def test_bodies_that_relay_does_not_take(relay: RelayProcess, anna: Device):
    """Beyond the size, too large, too small to be kept by itself, nothing at all; and offsets that are none."""
    before = in_store(relay)
    async with files_of(relay, anna) as [mine]:
        name = await mine.made(len(DATA))
        assert code(await mine.put(name, DATA + b"x")) == (413, Code.TOO_LARGE)
        assert code(await mine.put(name, bytes(MAX_BODY + 1))) == (413, Code.TOO_LARGE)
        assert code(await mine.put(name, DATA[: MIN_BODY - 1])) == (400, Code.BAD_REQUEST)
        assert code(await mine.put(name, b"")) == (400, Code.BAD_REQUEST)
        for offset in ("-1", "x", "1.5", "", str(MAX_OBJECT + 1), "9" * 40):
            answer = await mine.http.put(f"/objects/{name}?offset={offset}", content=DATA)
            assert code(answer) == (400, Code.BAD_REQUEST), offset
        assert code(await mine.http.put(f"/objects/{name}", content=DATA)) == (400, Code.BAD_REQUEST)
        assert (await mine.state(name)).have == 0
        assert in_store(relay) == before
        incomplete = await mine.get(name)
        assert code(incomplete) == (409, Code.OBJECT_INCOMPLETE)
        assert incomplete.json()["have"] == 0


async def test_an_upload_cut_at_every_percent_goes_on(relay: RelayProcess, anna: Device):
    """A hundred cuts of one upload of 4 MiB: nothing of a body that was cut is there, and what comes in the end is the file."""
    data = sealed(4 * MIB)
    body = MIB // 2
    async with files_of(relay, anna) as [mine]:
        name = await mine.made(len(data))
        for percent in range(100):
            have = (await mine.state(name)).have
            at = len(data) * percent // 100
            while have + body <= at:
                have = await mine.kept(name, data[have : have + body], have)
            await mine.cut(name, data[have : have + body], have, at - have)
            assert (await mine.state(name)).have == have
        while have < len(data):
            have = await mine.kept(name, data[have : have + body], have)
        assert (await mine.get(name)).content == data


async def test_two_uploads_of_one_object_race(relay: RelayProcess, anna: Device):
    """Two tabs, other cuts: each byte is kept once, and the file is whole."""
    before = set(in_store(relay))
    async with files_of(relay, anna) as [mine]:
        name = await mine.made(len(DATA))

        async def run(body: int) -> None:
            have = 0
            while have < len(DATA):
                have = await mine.kept(name, DATA[have : have + body], have)

        await asyncio.gather(run(300_000), run(MIN_BODY), run(300_000))
        assert (await mine.get(name)).content == DATA
    assert sum(size for kept, size in in_store(relay).items() if kept not in before) == len(DATA)


async def test_who_gets_a_file(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device, authority: Authority):
    """Nobody but the uploader until a message links it; then the rooms' members of now, and nobody else, the uploader neither."""
    cia, second = Device(authority), anna.second()
    async with files_of(relay, anna, bo, cia, second) as [mine, bos, cias, seconds]:
        room = await home.room(anna.pid, bo.pid)
        name = await mine.upload(DATA)
        assert (await seconds.get(name)).content == DATA  # the same person
        assert (await seconds.state(name)).have == len(DATA)
        for other in (bos, cias):
            assert code(await other.get(name)) == (404, Code.NOT_FOUND)
        assert isinstance(await mine.share(room, name), stream.Sent)
        assert (await bos.get(name)).content == DATA
        assert code(await cias.get(name)) == (404, Code.NOT_FOUND)
        for other in (bos, cias):  # its state, its bytes, its end are the uploader's alone
            assert code(await other.http.get(f"/objects/{name}/state")) == (404, Code.NOT_FOUND)
            assert code(await other.put(name, DATA)) == (404, Code.NOT_FOUND)
            assert code(await other.drop(name)) == (404, Code.NOT_FOUND)
        await home.change(room, remove=[anna.pid], new_epoch=True)
        assert code(await mine.get(name)) == (404, Code.NOT_FOUND)
        assert (await bos.get(name)).content == DATA
        ended, running = int(time.time()) - 1, int(time.time()) + 600
        await home.change(room, add=[MemberEntry(pid=cia.pid, role=Role.GUEST, until=running)])
        assert (await cias.get(name)).content == DATA
        await home.change(room, role=[MemberEntry(pid=cia.pid, role=Role.GUEST, until=ended)])
        assert code(await cias.get(name)) == (404, Code.NOT_FOUND)
    await cia.close()


async def test_a_file_is_passed_on_by_whoever_has_it(
    relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device, authority: Authority
):
    cia = Device(authority)
    async with files_of(relay, anna, bo, cia) as [mine, bos, cias]:
        one, two = await home.room(anna.pid, bo.pid), await home.room(bo.pid, cia.pid)
        name = await mine.upload(DATA)
        refused = await bos.share(two, name)  # it is no room's yet
        assert isinstance(refused, stream.Error)
        assert refused.code == Code.NO_SUCH_OBJECT
        await mine.share(one, name)
        refused = await cias.share(two, name)
        assert isinstance(refused, stream.Error)
        assert refused.code == Code.NO_SUCH_OBJECT
        assert isinstance(await bos.share(two, name), stream.Sent)
        assert (await cias.get(name)).content == DATA
        assert isinstance(await cias.share(two, name, name), stream.Sent)  # again, and twice in one message
        await home.change(two, remove=[cia.pid], new_epoch=True)
        assert code(await cias.get(name)) == (404, Code.NOT_FOUND)
    await cia.close()


async def test_what_a_message_may_not_link(
    relay: RelayProcess, home: HomeDoor, anna: Device, abroad: HomeDoor, stranger: Authority
):
    """A file that is not whole, of another authority, of nobody; a link with a message that is refused is none."""
    foreigner, namesake = Device(stranger), Device(stranger, anna.pid)
    async with files_of(relay, anna, foreigner, namesake) as [mine, theirs, namesakes]:
        room = await home.room(anna.pid)
        half, whole, foreign = await mine.made(len(DATA)), await mine.upload(DATA), await theirs.upload(DATA)
        await mine.kept(half, DATA[:MIB])
        for name, expected, have in (
            (half, Code.OBJECT_INCOMPLETE, MIB),
            (foreign, Code.NO_SUCH_OBJECT, None),
            (ids.new_object(), Code.NO_SUCH_OBJECT, None),
        ):
            for names in ([name], [whole, name]):
                error = await mine.share(room, *names)
                assert isinstance(error, stream.Error)
                assert (error.code, error.have) == (expected, have)
        forged = anna.seal(room, key=Ed25519PrivateKey.generate())
        assert (await anna.refused(forged, [whole])).code == Code.BAD_SIGNATURE
        assert (await anna.refused(anna.seal(room, seq=9), [whole])).code == Code.SEQ_REFUSED
        elsewhere = await abroad.room(foreigner.pid, namesake.pid)
        for other in (theirs, namesakes):
            error = await other.share(elsewhere, whole)
            assert isinstance(error, stream.Error)
            assert error.code == Code.NO_SUCH_OBJECT
        assert links(relay, whole) == 0
        assert (await mine.drop(whole)).status_code == 204  # so it is still the uploader's alone
        assert code(await mine.get(whole)) == (404, Code.NOT_FOUND)
    await foreigner.close()
    await namesake.close()


def links(relay: RelayProcess, name: str) -> int:
    with sqlite3.connect(f"file:{relay.database}?mode=ro", uri=True) as database:
        found: int = database.execute("SELECT count(*) FROM object_links WHERE object = ?", (name,)).fetchone()[0]
    database.close()
    return found


async def test_a_link_stands_once_however_often_the_message_comes(relay: RelayProcess, home: HomeDoor, anna: Device):
    async with files_of(relay, anna) as [mine]:
        room = await home.room(anna.pid)
        name = await mine.upload(DATA)
        frame = stream.Send(env=anna.seal(room), objects=[name])
        for _ in range(3):
            await anna.put(frame)
        assert [(await anna.next(stream.Sent)).pos for _ in range(3)] == [1, 1, 1]
        assert links(relay, name) == 1
        assert code(await mine.drop(name)) == (403, Code.NOT_ALLOWED)
        assert await mine.kept(name, DATA[MIB:], MIB) == len(DATA)  # the last bytes once more: nothing happens
        assert (await mine.get(name)).content == DATA


async def test_names_that_the_schema_refuses(relay: RelayProcess, home: HomeDoor, anna: Device, authority: Authority):
    room = await home.room(anna.pid)
    for names in (["x"], ["A" * 64], ["a" * 63], ["a" * 65], ["../" + "a" * 61], ["a" * 64] * 21):
        device = anna.second()
        await device.open(relay.stream)
        await device.put(stream.Send(env=device.seal(room), objects=names))
        assert await device.bye() == Code.BAD_FRAME


async def test_how_many_uploads_may_wait(relay: RelayProcess, authority: Authority):
    device = Device(authority)
    second = device.second()
    async with files_of(relay, device, second) as [mine, seconds]:
        names = [await (mine if turn % 2 else seconds).made(66) for turn in range(UNLINKED_MOST)]
        assert code(await mine.begin(66)) == (409, Code.TOO_MANY_UPLOADS)
        assert code(await seconds.begin(66)) == (409, Code.TOO_MANY_UPLOADS)
        assert (await mine.drop(names[0])).status_code == 204
        assert (await seconds.begin(66)).status_code == 201
        for name in names[1:]:
            assert (await mine.drop(name)).status_code == 204
        large = files.sealed_size(2**31)
        for _ in range(UNLINKED_BYTES // large):
            await mine.made(large)
        assert code(await mine.begin(large)) == (409, Code.TOO_MANY_UPLOADS)
        assert (await mine.begin(66)).status_code == 201
    await device.close()


async def test_given_up_is_gone(relay: RelayProcess, anna: Device):
    before, rows = in_store(relay), count(relay, "object_parts")
    async with files_of(relay, anna) as [mine]:
        name = await mine.upload(DATA, MIB)
        assert (await mine.drop(name)).status_code == 204
        assert in_store(relay) == before
        assert count(relay, "object_parts") == rows
        for answer in (
            await mine.get(name),
            await mine.put(name, DATA),
            await mine.drop(name),
            await mine.http.get(f"/objects/{name}/state"),
        ):
            assert code(answer) == (404, Code.NOT_FOUND)


async def test_a_grant_that_ended_opens_nothing(relay: RelayProcess, home: HomeDoor, anna: Device):
    async with files_of(relay, anna) as [mine]:
        name = await mine.upload(DATA)
        await home.revoke(anna.pid, anna.dev)
        for answer in (
            await mine.begin(66),
            await mine.put(name, DATA),
            await mine.get(name),
            await mine.http.get(f"/objects/{name}/state"),
            await mine.drop(name),
        ):
            assert code(answer) == (401, Code.REVOKED)
        nobody = await mine.http.get(f"/objects/{name}", headers={"authorization": ""})
        assert code(nobody) == (401, Code.BAD_GRANT)


async def test_pages_of_the_tenant_may_ask(relay: RelayProcess, anna: Device):
    """What a browser asks before it asks, and what it may read of the answer."""
    async with files_of(relay, anna) as [mine]:
        name = await mine.upload(DATA)
        asked = {"origin": ORIGIN, "access-control-request-headers": "authorization,content-type,range"}
        for method in ("PUT", "DELETE", "GET", "POST"):
            answer = await mine.http.options(
                f"/objects/{name}", headers=asked | {"access-control-request-method": method}
            )
            assert answer.status_code == 204
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert method in answer.headers["access-control-allow-methods"]
            assert {"authorization", "range"} <= set(answer.headers["access-control-allow-headers"].lower().split(", "))
        answer = await mine.http.get(f"/objects/{name}", headers={"origin": ORIGIN, "range": "bytes=0-9"})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-expose-headers"].lower() == "content-range"
        other = await mine.http.get(f"/objects/{name}", headers={"origin": "http://localhost:1"})
        assert code(other) == (403, Code.BAD_ORIGIN)


async def test_a_download_ends_when_the_right_to_it_ends(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    """Somebody who reads slowly is removed: what had left is theirs, the next part is not, and nobody takes it for the whole."""
    async with files_of(relay, anna, bo) as [mine, bos]:
        room = await home.room(anna.pid, bo.pid)
        data = sealed(24 * MIB)
        name = await mine.upload(data, MIB)
        await mine.share(room, name)
        got = b""
        async with bos.http.stream("GET", f"/objects/{name}") as answer:
            assert answer.headers["content-length"] == str(len(data))
            chunks = answer.aiter_raw(MIB)
            got += await anext(chunks)
            await home.change(room, remove=[bo.pid], new_epoch=True)
            with contextlib.suppress(httpx.RemoteProtocolError):  # the connection ends before the length is there
                async for chunk in chunks:
                    got += chunk
        assert 0 < len(got) < len(data)
        assert data.startswith(got)


async def test_so_many_downloads_at_once(relay: RelayProcess, anna: Device):
    async with files_of(relay, anna) as [mine]:
        name = await mine.upload(sealed(16 * MIB))
        other = Files(relay, anna)
        open_ones = [mine.http.stream("GET", f"/objects/{name}") for _ in range(DOWNLOADS)]
        answers = [await one.__aenter__() for one in open_ones]
        assert [answer.status_code for answer in answers] == [200] * DOWNLOADS
        assert code(await other.get(name)) == (429, Code.RATE_LIMITED)
        for one in open_ones:
            await one.__aexit__(None, None, None)
        for _ in range(100):
            if (answer := await other.get(name, "bytes=0-9")).status_code == 206:
                break
            await asyncio.sleep(0.05)
        assert answer.status_code == 206
        await other.http.aclose()
