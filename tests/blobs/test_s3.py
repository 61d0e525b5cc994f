"""Files in a bucket behind S3, on a real server: they come back, outlive relay, and the bucket's owner learns nothing."""

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from samrum.plumbing.log import Log
from samrum.plumbing.transactions import open_transactions
from samrum.relay.app import MIGRATIONS
from samrum.relay.blobs import outside
from samrum.relay.blobs.actions import Blobs
from samrum.relay.blobs.outside import Away, Gone
from samrum.wire import files, ids, stream
from samrum.wire.codes import Code
from tests.blobs.client import MIB, Files, code, files_of, forget_peak, peak, resident, sealed
from tests.blobs.s3 import SECRET, Tap, Versity, free_ports
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess, running
from tests.relay.test_tls import certificate

pytestmark = pytest.mark.servers
DATA = sealed(5 * MIB)
ELSEWHERE = "127.0.0.77"
"""Where the people of these tests sit, as far as relay can see."""


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Versity]:
    versity = Versity(tmp_path / "cloud")
    await versity.start()
    yield versity
    versity.kill()


def files_from_elsewhere(relay: RelayProcess, device: Device) -> Files:
    return Files(relay, device, transport=httpx.AsyncHTTPTransport(local_address=ELSEWHERE))


async def test_the_bucket_gets_names_sizes_and_ciphertext_only(tmp_path: Path, cloud: Versity):
    """Every byte that relay sends to the bucket while people upload, share, fetch and give up; and what lies there then."""
    authority = Authority()
    anna, bo = Device(authority), Device(authority)
    async with Tap(cloud.port) as tap:
        bucket = cloud.config(f"http://127.0.0.1:{tap.port}")
        relay = RelayProcess(tmp_path, free_ports(2), authority, bucket=bucket)
        async with running(relay):
            for what in ("cmdline", "environ"):
                assert SECRET.encode() not in Path(f"/proc/{relay.pid}/{what}").read_bytes()
            home = HomeDoor(relay, authority)
            room = await home.room(anna.pid, bo.pid)
            await anna.open(relay.stream)
            mine, bos = files_from_elsewhere(relay, anna), files_from_elsewhere(relay, bo)
            name, gone = await mine.upload(DATA, 2 * MIB), await mine.upload(DATA)
            sent = await mine.share(room, name)
            assert isinstance(sent, stream.Sent)
            assert (await bos.get(name)).content == DATA
            span = await bos.get(name, f"bytes={2 * MIB - 5}-{2 * MIB + 4}")
            assert (span.status_code, span.content) == (206, DATA[2 * MIB - 5 : 2 * MIB + 5])
            assert (await mine.drop(gone)).status_code == 204
            for one in (mine.http, bos.http, home.http):
                await one.aclose()
            await anna.close()
        log = relay.log.read_text()
        assert '"level":"error"' not in log
        assert SECRET not in log
    said = bytes(tap.said)
    for told in (
        ELSEWHERE, anna.pid, bo.pid, anna.dev, bo.dev, room.room, authority.tenant, sent.msg_id, name, gone, authority.origins[0],
        mine.headers["authorization"], SECRET,
    ):  # fmt: skip
        assert told.encode() not in said, told
    heads = [
        found.group().lower() for found in re.finditer(rb"(GET|PUT|POST|DELETE) [^\r\n]+\r\n(?:[^\r\n]+\r\n)+", said)
    ]
    assert len(heads) > 8
    for head in heads:
        line, *fields = head.strip().split(b"\r\n")
        assert re.fullmatch(rb"(get|put|delete) /sealed/[0-9a-f]{64} http/1.1|post /sealed\?delete http/1.1", line), (
            line
        )
        names = {field.split(b":")[0] for field in fields}
        assert names <= {
            b"host", b"authorization", b"user-agent", b"accept", b"range", b"content-length", b"content-type", b"content-md5", b"x-amz-date",
            b"x-amz-content-sha256", b"x-amz-checksum-sha256",
        }, names  # fmt: skip
    assert sorted(cloud.kept().values()) == sorted([2 * MIB, 2 * MIB, len(DATA) - 4 * MIB])
    for kept in cloud.kept():
        ids.object_name(kept)


async def test_an_upload_goes_on_after_a_kill_and_while_the_bucket_is_away(tmp_path: Path, cloud: Versity):
    """Relay dies, then the bucket: what was acknowledged stays, what was not is refused, and chat goes on."""
    authority = Authority()
    anna = Device(authority)
    relay = RelayProcess(tmp_path, free_ports(2), authority, bucket=cloud.config())
    async with running(relay):
        home = HomeDoor(relay, authority)
        room = await home.room(anna.pid)
        await home.http.aclose()
        async with files_of(relay, anna) as [mine]:
            name = await mine.made(len(DATA))
            assert await mine.kept(name, DATA[:MIB]) == MIB
            cut = asyncio.create_task(mine.put(name, DATA[MIB:], MIB))
            await asyncio.sleep(0.02)
            relay.kill()
            await asyncio.gather(cut, return_exceptions=True)
            relay.start()
            await relay.ready()
            have = (await mine.state(name)).have
            assert have in (MIB, len(DATA))
            whole = await mine.upload(DATA)
            await anna.open(relay.stream)
            half = await mine.made(len(DATA))
            cloud.kill()
            before = time.monotonic()
            assert code(await mine.put(half, DATA)) == (503, Code.STORE_FAILED)
            assert code(await mine.get(whole)) == (503, Code.STORE_FAILED)
            assert time.monotonic() - before < 10
            await anna.say(room)
            assert isinstance(await mine.share(room, whole), stream.Sent)
            await cloud.start()
            while have < len(DATA):
                have = await mine.kept(name, DATA[have : have + MIB], have)
            assert (await mine.get(name)).content == DATA
            assert (await mine.get(whole)).content == DATA
            assert await mine.kept(half, DATA) == len(DATA)
            assert (await mine.get(half)).content == DATA
    await anna.close()


async def test_a_large_file_costs_little_memory(tmp_path: Path, cloud: Versity):
    authority = Authority()
    anna = Device(authority)
    relay = RelayProcess(tmp_path, free_ports(2), authority, bucket=cloud.config())
    async with running(relay), files_of(relay, anna) as [mine]:
        await mine.get(await mine.upload(sealed(0)))
        await asyncio.sleep(0.5)
        idle = resident(relay.pid)
        forget_peak(relay.pid)
        size, data = files.sealed_size(files.padme(128 * MIB)), secrets.token_bytes(8 * MIB)
        name, have = await mine.made(size), 0
        while have < size:
            have = await mine.kept(name, data[: size - have], have)
        got = 0
        async with mine.http.stream("GET", f"/objects/{name}") as answer:
            async for chunk in answer.aiter_raw():
                got += len(chunk)
        assert got == size
        assert peak(relay.pid) - idle < 64 * MIB
        await mine.drop(name)
    await anna.close()


async def test_orphans_in_the_bucket_are_swept(tmp_path: Path, cloud: Versity, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outside, "LOOKED_AT", 40)
    bucket = cloud.client()
    transactions = await open_transactions(tmp_path / "relay.db", MIGRATIONS)
    now = time.time()
    blobs = Blobs(transactions, bucket, tmp_path, now=lambda: now, log=Log())
    names = [ids.new_object() for _ in range(120)]
    await asyncio.gather(*(bucket.put(name, b"x") for name in names))
    await bucket.put("somebody-elses", b"x")
    assert await blobs.sweep_orphans() == 0  # young
    await bucket.delete(names[:30])
    await bucket.delete(names[20:30])  # which are not there
    now += 25 * 3600
    assert await blobs.sweep_orphans() == 90
    assert set(cloud.kept()) == {"somebody-elses"}
    await transactions.close()


async def test_what_the_bucket_does_not_have_or_not_give(cloud: Versity, monkeypatch: pytest.MonkeyPatch):
    bucket, name = cloud.client(), ids.new_object()
    with pytest.raises(Gone):
        await bucket.read(name, 0, 10)
    await bucket.put(name, b"0123456789")
    assert await bucket.read(name, 2, 5) == b"234"
    with pytest.raises((Gone, Away)):
        await bucket.read(name, 5, 20)
    with pytest.raises(Away):
        await cloud.client(secret="wrong").put(ids.new_object(), b"x")
    with pytest.raises(Away):
        await cloud.client(secret="wrong").read(name, 0, 1)
    for variable in ("AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    assert await cloud.client().read(name, 0, 1) == b"0"


async def test_tls_with_a_certificate_of_the_operators_own(tmp_path: Path):
    own, key = certificate(tmp_path)
    cloud = Versity(tmp_path / "cloud", tls=(own, key))
    await cloud.start()
    try:
        bucket, name = cloud.client(ca=own.read_bytes()), ids.new_object()
        await bucket.put(name, b"sealed")
        assert await bucket.read(name, 0, 6) == b"sealed"
        with pytest.raises(Away):
            await cloud.client().read(name, 0, 6)
    finally:
        cloud.kill()
