"""Every module of a zone can be imported while the other zones do not exist.

The contracts in `pyproject.toml` read the source; this runs it, so that an import inside a function or by name is found as well when a
module is loaded. A process of its own for each zone: nothing is imported yet.
"""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

HOOK = """
import importlib, importlib.abc, pkgutil, sys

zone, *refused = sys.argv[1:]

class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if any(name == wall or name.startswith(wall + ".") for wall in refused):
            raise ImportError(f"{zone} imports {name}")
        return None

sys.meta_path.insert(0, Wall())
package = importlib.import_module(zone)
skip = ".migrations.env"  # runs when Alembic loads it
names = [zone] + [m.name for m in pkgutil.walk_packages(package.__path__, zone + ".") if not m.name.endswith(skip)]
for name in names:
    importlib.import_module(name)
print(len(names))
"""

ZONES = ["samrum.home", "samrum.relay", "samrum.demo", "samrum.client", "samrum.verify"]
SERVING = ["litestar", "uvicorn", "sqlalchemy", "alembic", "structlog", "uvloop"]
MAIL = ["smtplib", "aiosmtplib", "aiosmtpd", "ldap", "ldap3", "bonsai"]
WALLS = {
    "samrum.wire": [*ZONES, "samrum.plumbing", *SERVING, "picows", "livekit", "aiohttp", "httpx", "argon2", "typer"],
    "samrum.plumbing": [*ZONES, "picows", "livekit", "aiohttp", "argon2", "typer"],
    "samrum.home": [*ZONES, "picows", "livekit", "aiohttp", "websockets"],
    "samrum.relay": [
        *ZONES,
        "argon2",
        "typer",
        "samrum.wire.content",
        "samrum.wire.keys",
        "samrum.wire.home_api",
        "samrum.wire.moderation_api",
        "samrum.wire.hooks_api",
        "samrum.wire.export_api",
        *MAIL,
    ],
    "samrum.demo": [*ZONES, *SERVING, "picows", "livekit"],
    "samrum.client": [*ZONES, "samrum.plumbing", *SERVING, "aiohttp", "livekit", "argon2", "typer"],
    "samrum.verify": [*ZONES, "samrum.plumbing", *SERVING, "picows", "livekit"],
}
"""By package, what it has to do without; itself and the command are taken off the list or put on it below."""


def run(zone: str, *refused: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HOOK, zone, *refused], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("zone", WALLS)
def test_a_zone_loads_behind_its_walls(zone: str) -> None:
    done = run(zone, "samrum.cli", *(wall for wall in WALLS[zone] if wall != zone))
    assert done.returncode == 0, done.stderr[-1500:]
    assert int(done.stdout) > 1


def test_every_package_has_its_walls() -> None:
    packages = {"samrum." + folder.parent.name for folder in (ROOT / "src/samrum").glob("*/__init__.py")}
    assert packages == set(WALLS)


def test_the_command_loads_without_any_zone() -> None:
    """So `samrum relay run` reads no line of home's, nor of the launcher's."""
    hook = HOOK.split("package =", maxsplit=1)[0]
    done = subprocess.run(
        [sys.executable, "-c", hook + "import samrum.cli", "samrum.cli", *ZONES], check=False, timeout=60
    )
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("zone", "wall"),
    [
        ("samrum.demo", "samrum.wire"),
        ("samrum.home", "samrum.home.people.folding"),
        ("samrum.relay", "livekit"),
        ("samrum.plumbing", "samrum.wire.codes"),
        ("samrum.wire", "joserfc"),
    ],
)
def test_the_hook_sees_a_wall_that_is_crossed(zone: str, wall: str) -> None:
    done = run(zone, wall)
    assert done.returncode != 0
    assert f"{zone} imports {wall}" in done.stderr
