"""A home per test. Ports 21520 to 21599."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.home.running import Running, make_config, running


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(make_config(tmp_path)) as one:
        yield one
        assert not one.relay.faults
