"""Every module of a zone can be imported while the other zones do not exist.

The contracts in `pyproject.toml` read the source; this runs it, so that an import inside a function or by name is found as well when a
module is loaded. A process of its own for each zone: nothing is imported yet.
"""

import subprocess
import sys

import pytest

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
names = [zone] + [m.name for m in pkgutil.walk_packages(package.__path__, zone + ".") if ".migrations." not in m.name]
for name in names:
    importlib.import_module(name)
print(len(names))
"""

MAIL = ["smtplib", "aiosmtplib", "aiosmtpd", "ldap", "ldap3", "bonsai"]
WALLS = {
    "samrum.wire": [
        "samrum.plumbing",
        "samrum.home",
        "samrum.relay",
        "samrum.demo",
        "sqlalchemy",
        "litestar",
        "structlog",
    ],
    "samrum.plumbing": ["samrum.home", "samrum.relay", "samrum.demo"],
    "samrum.home": ["samrum.relay", "samrum.demo"],
    "samrum.relay": [
        "samrum.home",
        "samrum.demo",
        "samrum.wire.content",
        "samrum.wire.keys",
        "samrum.wire.home_api",
        *MAIL,
    ],
    "samrum.demo": ["samrum.home", "samrum.relay"],
}


def run(zone: str, *refused: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HOOK, zone, *refused], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("zone", WALLS)
def test_a_zone_loads_behind_its_walls(zone: str) -> None:
    done = run(zone, *WALLS[zone])
    assert done.returncode == 0, done.stderr[-1500:]
    assert int(done.stdout) > 1


def test_the_hook_sees_a_wall_that_is_crossed() -> None:
    done = run("samrum.demo", "samrum.wire")
    assert done.returncode != 0
    assert "samrum.demo imports samrum.wire" in done.stderr
