"""Relay dies by `kill -9` again and again under load: nothing acknowledged is lost or doubled, and order is kept.

What a kill cannot show, that the kernel was told to write before the acknowledgement, `tests/city/test_durability.py` does.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history.checker import check, said
from tests.history.kills import Kills
from tests.history.processes import Nursery, free_ports, stored, told
from tests.relay.client import Authority, RelayProcess


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Kills]:
    authority = Authority()
    relay = RelayProcess(tmp_path, free_ports(), authority)
    nursery = Nursery("relay", tmp_path / "relay.toml")
    yield Kills(nursery, relay, authority, seed=5)
    nursery.close()


async def judge(run: Kills, kills: int) -> None:
    await run.run(kills)
    rows = stored(run.relay.database)
    found = check(run.events, rows)
    assert not found, said(found)
    assert run.kills == kills
    assert len(rows) > kills
    database = run.relay.database
    for room in run.rooms:
        applied = told(database, f"SELECT jws FROM rosters WHERE room = '{room.room}' ORDER BY version")
        assert [one[0] for one in applied] == room.rosters
    assert told(database, "PRAGMA integrity_check") == [("ok",)]
    assert '"level":"error"' not in run.nursery.log.read_text()


async def test_fifteen_kills(run: Kills):
    await judge(run, 15)


@pytest.mark.soak
async def test_a_thousand_kills(run: Kills):
    await judge(run, 1000)
