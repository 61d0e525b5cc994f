"""Each contract of `pyproject.toml` is broken by a line that breaks its rule: none stands there for show.

One copy of the source gets a planted line for every rule; one run must name each of them under its own contract.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import ROOT

PLANTS = {
    "wire, then plumbing, then zones that know nothing of each other, then the command": [
        "home.rooms.change: samrum.relay.limits",
        "relay.limits: samrum.home.people.folding",
        "relay.hub: samrum.demo.places",
        "demo.people: samrum.home.config",
        "home.hooks.actions: samrum.client.book",
        "plumbing.clock: samrum.relay.config",
        "wire.base: samrum.plumbing.clock",
        "relay.errors: samrum.cli",
    ],
    "wire does no input or output, reads no clock and asks nobody": [
        "wire.aead: os",
        "wire.chain: asyncio",
        "wire.stream: httpx",
        "wire.codes: time",
    ],
    "http parses, authorises, calls and answers: it reaches past actions neither to tables nor outside (directly)": [
        "home.rooms.http: samrum.home.rooms.tables",
        "home.keys.http: samrum.home.outbox.outside",
        "relay.tenants.http: samrum.relay.tenants.tables",
        "relay.meetings.http: samrum.relay.meetings.outside",
    ],
    "actions decide: they know no request and no answer (directly)": [
        "home.people.actions: samrum.home.people.http",
        "home.login.actions: litestar",
        "relay.log.actions: samrum.plumbing.http",
    ],
    "tables hold SQL and stand at the bottom": [
        "home.people.tables: samrum.home.people.actions",
        "relay.meetings.tables: samrum.relay.meetings.outside",
        "relay.schema: litestar",
    ],
    "outside carries and knows nothing of requests, decisions and rows": [
        "home.flows.outside: samrum.home.login.tables",
        "relay.meetings.outside: samrum.relay.rooms.actions",
    ],
    "SQL stands in tables alone": ["home.rooms.actions: sqlalchemy", "relay.hub: sqlite3"],
    "A zone opens connections in one place": [
        "home.outbox.actions: httpx",
        "home.mail.actions: smtplib",
        "relay.tenants.registry: socket",
        "relay.rooms.actions: livekit.api",
        "relay.blobs.actions: obstore",
    ],
    "A migration stays what it was: it knows none of today's code": [
        "home.migrations.versions.0001_first: samrum.home.people.tables",
        "relay.migrations.versions.0001_first: samrum.relay.schema",
    ],
    "relay cannot open what it carries, and knows nothing of home's interface": [
        "relay.rooms.tables: samrum.wire.content",
        "plumbing.tasks: samrum.wire.keys",
        "relay.config: samrum.wire.home_api",
    ],
    "The client in Python stands on wire alone, as anybody's would": [
        "client.book: samrum.plumbing.clock",
        "client.home: samrum.home.errors",
    ],
    "relay speaks to no directory and sends no mail": ["relay.app: smtplib", "relay.config: email.message"],
}
"""By contract: `module of ours: what it must not import`."""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """The contracts over the source in `folder`."""
    return subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            "--config",
            ROOT / "pyproject.toml",
            "--no-cache",
            "--no-logo",
        ],
        cwd=folder,
        env={**os.environ, "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_contract_has_its_planted_faults() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert sorted(one["name"] for one in contracts) == sorted(PLANTS)


def test_every_planted_fault_is_found_under_its_contract(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src/samrum", tmp_path / "samrum", ignore=shutil.ignore_patterns("__pycache__"))
    for plant in (plant for plants in PLANTS.values() for plant in plants):
        module, imported = plant.split(": ")
        file = tmp_path / "samrum" / (module.replace(".", "/") + ".py")
        file.write_text(file.read_text() + f"\nimport {imported}\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stderr
    told = done.stdout.split("Broken contracts")[1]
    headings = {contract: told.find(f"\n{contract}\n---") for contract in PLANTS}
    for contract, plants in PLANTS.items():
        start = headings[contract]
        section = told[start : min((at for at in headings.values() if at > start), default=len(told))]
        for plant in plants:
            module, imported = plant.split(": ")
            top = imported if imported.startswith("samrum.") else imported.split(".")[0]
            assert f"samrum.{module} -> {top} (l." in section, f"{plant} does not break {contract!r}"


def test_a_zone_without_a_place_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src/samrum", tmp_path / "samrum", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "samrum/gate").mkdir()
    (tmp_path / "samrum/gate/__init__.py").write_text("")
    assert "- samrum.gate" in lint(tmp_path).stdout
