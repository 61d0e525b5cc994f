"""What every test may use. Tests that need a running city carry the mark `servers`."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.city.launch import City, running_city

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def city() -> Iterator[City]:
    """One city for the whole run."""
    with running_city() as running:
        yield running


@pytest.fixture(scope="session")
def relay_wheel() -> Path:
    """The folder of an environment in which relay's own wheel and relay's requirements are installed, and nothing else."""
    done = subprocess.run([ROOT / "scripts/relay_wheel.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return ROOT / "build" / "relay-venv"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whatever asks for the city needs servers; what soaks runs only where `-m` names it, whatever else `-m` says."""
    if "soak" not in config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    for item in items:
        if "city" in getattr(item, "fixturenames", ()):
            item.add_marker("servers")
