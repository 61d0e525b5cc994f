"""Home dies by `kill -9`, relay too: what home acknowledged to a browser is kept, and reaches relay in order, exactly once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history.home_kills import HomeKills, Pair
from tests.history.processes import told
from tests.history.rosters import check


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    found = Pair(tmp_path)
    yield found
    found.close()


async def judge(pair: Pair, kills: int) -> None:
    run = HomeKills(pair, seed=3)
    await run.run(kills)
    assert run.kills == kills
    assert len(run.answers) > kills
    assert check(run.answers, pair.kept(), pair.applied()) == []
    for database in (pair.config.data / "home.db", pair.relay.database):
        assert told(database, "PRAGMA integrity_check") == [("ok",)]
    rosters = sum(len(chain) for chain in pair.kept().values())
    lines = told(pair.config.data / "home.db", 'SELECT count(*) FROM ledger WHERE line LIKE \'{"kind":"roster"%\'')
    assert lines == [(rosters,)]
    assert '"level":"error"' not in pair.home_nursery.log.read_text()
    assert '"level":"error"' not in pair.relay_nursery.log.read_text()


async def test_eight_kills_of_home_or_relay(pair: Pair):
    await judge(pair, 8)


@pytest.mark.soak
async def test_three_hundred_kills_of_home_or_relay(pair: Pair):
    await judge(pair, 300)
