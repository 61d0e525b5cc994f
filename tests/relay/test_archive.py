"""A tenant's own log for its home: whole, in commit order, by pages, and for nobody else."""

import time
from pathlib import Path

import httpx
import msgspec
import pytest

from samrum.plumbing.transactions import open_transactions
from samrum.relay.app import MIGRATIONS
from samrum.relay.archive import actions
from samrum.wire import envelope, ids, stream
from samrum.wire.codes import Code
from samrum.wire.relay_api import MAX_LOG, LastOf, LogPage, Positions, PutEnvelope, ReadLog, Stored, WantLast
from tests.relay.client import Device, HomeDoor, RelayProcess


async def asked(home: HomeDoor, what: str, **changes: object) -> httpx.Response:
    """One signed question; `changes` spoil the call."""
    path = f"/tenants/{home.authority.tenant}/{what}"
    signed = str(changes.pop("signed", path))
    return await home.http.get(path, headers={"authorization": home.authority.call("GET", signed, b"", **changes)})


async def page(home: HomeDoor, after: int, limit: int = MAX_LOG) -> LogPage:
    answer = await asked(home, f"log?after={after}&limit={limit}")
    assert answer.status_code == 200, answer.text
    return msgspec.msgpack.decode(answer.content, type=LogPage)


async def positions(home: HomeDoor, after: int) -> Positions:
    return msgspec.json.decode((await asked(home, f"positions?after={after}")).content, type=Positions)


async def end(home: HomeDoor) -> int:
    """The cursor after all that other tests wrote."""
    return (await positions(home, 0)).cursor


async def test_own_log_in_commit_order_by_pages(
    relay: RelayProcess, home: HomeDoor, abroad: HomeDoor, anna: Device, bo: Device
):
    start = await end(home)
    foreign = Device(abroad.authority)
    first, second = await home.room(anna.pid, bo.pid), await home.room(anna.pid)
    elsewhere = await abroad.room(foreign.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    await foreign.open(relay.stream, origin=abroad.authority.origins[0])
    said = []
    for device, room in ((anna, first), (anna, second), (bo, first), (anna, first)):
        said.append((room.room, (await device.say(room)).pos))
        await foreign.say(elsewhere)
    whole = await page(home, start)
    assert [(row.room, row.pos) for row in whole.rows] == said
    assert [row.n for row in whole.rows] == sorted({row.n for row in whole.rows})
    assert (whole.cursor, whole.more) == (whole.rows[-1].n, False)
    parts, cursor = [], start
    while True:
        part = await page(home, cursor, 3)
        parts, cursor = parts + part.rows, part.cursor
        if not part.more:
            break
    assert parts == whole.rows
    assert await page(home, cursor) == LogPage(cursor=cursor, rows=[])
    assert [row.room for row in (await page(abroad, start)).rows] == [elsewhere.room] * 4
    grown = await positions(home, start)
    assert grown.rooms == {first.room: 3, second.room: 1}
    assert (await positions(home, grown.cursor)).rooms == {}
    history = await anna.page(first.room, after=0)
    assert history.env == [row.env for row in whole.rows if row.room == first.room]
    await foreign.close()


async def test_nobody_but_home_reads_it(relay: RelayProcess, home: HomeDoor, abroad: HomeDoor, anna: Device):
    path = f"/tenants/{home.authority.tenant}/log?after=0"
    old = int(time.time()) - 61
    for what in ("log?after=0", "positions?after=0"):
        assert (await asked(home, what)).status_code == 200
        for spoiled in (
            {"signed": f"/tenants/{home.authority.tenant}/{what.split('?')[0]}"},
            {"signed": f"/tenants/{home.authority.tenant}/{what}1"},
            {"htm": "POST"},
            {"iat": old},
            {"tenant": abroad.authority.tenant},
        ):
            assert (await asked(home, what, **spoiled)).json() == {"code": "bad_call"}
    call = home.authority.call("GET", path, b"")
    for authorization, status in (
        (None, 401),
        (f"Bearer {anna.grant()}", 401),
        (abroad.authority.call("GET", path, b""), 401),
        (call, 200),
        (call, 401),  # used
    ):
        headers = {"authorization": authorization} if authorization else {}
        assert (await home.http.get(path, headers=headers)).status_code == status, authorization


async def test_pages_end_at_eight_mebibytes_and_a_thousand_messages(tmp_path: Path):
    tenant, room = ids.new_tenant(), ids.new_room()
    transactions = await open_transactions(tmp_path / "relay.db", MIGRATIONS)
    row = {"room": room, "tenant": tenant}
    try:

        def fill(tx):  # type: ignore[no-untyped-def]
            tx.exec_driver_sql(
                "INSERT INTO rooms VALUES (:room, :tenant, 1, 'h', 1, 'k', 'c', NULL, NULL, 'group', 'open', 'member', 0)",
                row,
            )
            for pos in range(1, 1402):
                size = 65_000 if pos <= 200 else 10
                tx.exec_driver_sql(
                    "INSERT INTO messages (room, pos, msg_id, pid, dev, kind, envelope) VALUES (?, ?, ?, 'p', 'd', 1, ?)",
                    (room, pos, str(pos), bytes(size)),
                )

        await transactions.write(fill)
        sizes, cursor = [], 0
        while True:
            found = await transactions.read(lambda tx: actions.page(tx, tenant, cursor, 10**9))  # noqa: B023
            sizes.append((len(found.rows), sum(len(one.env) for one in found.rows)))
            cursor = found.cursor
            if not found.more:
                break
        assert sum(number for number, _ in sizes) == 1401
        assert max(number for number, _ in sizes) <= MAX_LOG
        assert 8_000_000 < max(size for _, size in sizes) <= actions.PAGE_BYTES
        assert (await transactions.read(lambda tx: actions.page(tx, ids.new_tenant(), 0, 10))).rows == []
    finally:
        await transactions.close()


@pytest.mark.parametrize("query", ["after=x", "after=0&limit=x", f"after={2**70}"])
async def test_nonsense_is_refused(relay: RelayProcess, home: HomeDoor, query: str):
    assert (await asked(home, f"log?{query}")).status_code == 400


async def reads(home: HomeDoor, after: int) -> ReadLog:
    answer = await asked(home, f"reads?after={after}")
    assert answer.status_code == 200, answer.text
    return msgspec.msgpack.decode(answer.content, type=ReadLog)


async def test_read_positions_in_the_order_of_their_last_move(
    relay: RelayProcess, home: HomeDoor, abroad: HomeDoor, anna: Device, bo: Device
):
    start = (await reads(home, 0)).cursor
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    for _ in range(3):
        await anna.say(room)
    for device, pos in ((anna, 1), (bo, 1), (anna, 2)):
        await device.put(stream.Read(room=room.room, pos=pos))
        await bo.next(stream.ReadIs)
    moved = await reads(home, start)
    assert (moved.rows, moved.more) == ([(room.room, bo.pid, 1), (room.room, anna.pid, 2)], False)
    await bo.put(stream.Read(room=room.room, pos=3))
    await bo.next(stream.ReadIs)
    later = await reads(home, moved.cursor)
    assert later.rows == [(room.room, bo.pid, 3)]
    assert await reads(home, later.cursor) == ReadLog(cursor=later.cursor, rows=[])
    assert (await reads(abroad, 0)).rows == []
    assert (await asked(home, "reads?after=-1")).status_code == 400


async def test_home_writes_for_its_integrations(
    relay: RelayProcess, home: HomeDoor, abroad: HomeDoor, anna: Device, bo: Device
):
    """`bo` stands for an integration's device; it never connects."""
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)

    async def put(data: bytes, grant: str | None = None, door: HomeDoor = home) -> httpx.Response:
        return await door.post("envelopes", msgspec.msgpack.encode(PutEnvelope(grant=grant or bo.grant(), env=data)))

    async def last(of: str) -> LastOf:
        answer = await home.post("last", msgspec.msgpack.encode(WantLast(grant=bo.grant(), room=of)))
        assert answer.status_code == 200, answer.text
        return msgspec.msgpack.decode(answer.content, type=LastOf)

    assert (await last(room.room)).env is None
    data = bo.seal(room)
    for _ in range(2):  # a repeated call finds it stored
        stored = msgspec.msgpack.decode((await put(data)).content, type=Stored)
        assert stored == Stored(pos=1, hash=envelope.stored_hash(data))
    assert (await anna.next(stream.Batch)).env == [data]
    assert (await last(room.room)).env == data
    bo.seqs[room.room] = 1
    stranger = Device(home.authority)
    for refused, code in (
        (await put(bo.seal(room, seq=9)), Code.SEQ_REFUSED),
        (await put(b"nonsense"), Code.BAD_ENVELOPE),
        (await put(anna.seal(room)), Code.BAD_ENVELOPE),
        (await put(bo.seal(room, key=anna.key)), Code.BAD_SIGNATURE),
        (await put(stranger.seal(room), stranger.grant()), Code.NOT_A_MEMBER),
        (await put(bo.seal(room), bo.grant(exp=1)), Code.GRANT_EXPIRED),
        (await put(bo.seal(room), door=abroad), Code.BAD_GRANT),
        (await home.post("envelopes", b"nonsense"), Code.BAD_REQUEST),
    ):
        assert refused.json()["code"] == code, refused.text
    await home.revoke(bo.pid)
    assert (await put(bo.seal(room))).json()["code"] == Code.REVOKED
