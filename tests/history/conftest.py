"""What several of these tests stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history.home_kills import Pair


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Home and relay, started."""
    found = Pair(tmp_path)
    found.relay_nursery.start()
    found.home_nursery.start()
    yield found
    found.close()
