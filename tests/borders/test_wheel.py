"""Relay's own wheel: what is in it, what it needs, and that it loads where nothing else of Samrum exists.

The stream tests marked `wheel` run against a relay that was started from the same environment.
"""

import json
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

_HOMES = ("home", "rooms", "search", "moderation", "hooks", "export")
NOT_RELAYS = {"samrum.wire.content", "samrum.wire.keys", *(f"samrum.wire.{name}_api" for name in _HOMES)}
LOAD = """
import importlib, importlib.util, json, pkgutil, sys
import samrum

skip = "samrum.relay.migrations.env"  # runs when it is loaded, by Alembic
names = [m.name for m in pkgutil.walk_packages(samrum.__path__, "samrum.") if m.name != skip]
for name in names:
    importlib.import_module(name)
foreign = [name for name in sys.argv[1:] if importlib.util.find_spec(name)]
files = [module.__file__ for name, module in sys.modules.items() if name.split(".")[0] == "samrum"]
print(json.dumps({"modules": names, "foreign": foreign, "files": files, "path": sys.path}))
"""


LIST = """
import importlib.metadata, json, re

print(json.dumps({re.sub("[-_.]+", "-", one.name).lower(): one.version for one in importlib.metadata.distributions()}))
"""


def run(relay_wheel: Path, code: str, *arguments: str) -> str:
    """What the code prints when relay's own Python runs it, told nothing of the folder, the environment or the user."""
    done = subprocess.run(
        [relay_wheel / "bin/python", "-I", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout


def pins(name: str) -> dict[str, str]:
    """Exact versions by name."""
    found = re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE)
    return dict(found)


def project(path: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / path).read_text())["project"]
    return found


def test_relay_needs_nothing_that_the_whole_does_not() -> None:
    whole, relay = project("pyproject.toml"), project("packages/relay/pyproject.toml")
    assert set(relay["dependencies"]) < set(whole["dependencies"])
    for key in ("version", "requires-python", "license"):
        assert relay[key] == whole[key]
    assert pins("relay.txt").items() < pins("run.txt").items()
    assert not {"argon2-cffi", "typer"} & set(pins("relay.txt"))


@pytest.mark.servers
def test_the_wheel_holds_relay_and_what_it_stands_on(relay_wheel: Path) -> None:
    (wheel,) = relay_wheel.parent.glob("samrum_relay-*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {"samrum/__init__.py", "samrum/relay/__main__.py", "samrum/wire/envelope.py"} < names
    for name in names - {"samrum/__init__.py"}:
        assert name.startswith(("samrum/wire/", "samrum/plumbing/", "samrum/relay/")), name
        assert name.endswith(".py"), name
    assert not names & {module.replace(".", "/") + ".py" for module in NOT_RELAYS}


@pytest.mark.servers
def test_its_environment_holds_only_what_is_locked(relay_wheel: Path) -> None:
    installed: dict[str, str] = json.loads(run(relay_wheel, LIST))
    assert installed.pop("samrum-relay") == project("pyproject.toml")["version"]
    assert installed.items() <= pins("relay.txt").items()


@pytest.mark.servers
def test_every_module_loads_with_nothing_else_there(relay_wheel: Path) -> None:
    foreign = ["samrum.home", "samrum.demo", "samrum.cli", *NOT_RELAYS, "argon2", "typer", "pytest"]
    told = json.loads(run(relay_wheel, LOAD, *foreign))
    assert told["foreign"] == []
    assert len(told["modules"]) > 30
    assert all(Path(file).is_relative_to(relay_wheel / "lib") for file in told["files"]), told["files"]
    assert not any(Path(entry).is_relative_to(ROOT) for entry in told["path"] if str(relay_wheel) not in entry)
