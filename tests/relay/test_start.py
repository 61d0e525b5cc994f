"""What relay refuses to start with, and the schema."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from samrum.plumbing.config import BadConfig
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import open_transactions
from samrum.relay import config as relay_config
from samrum.relay.app import MIGRATIONS, main
from samrum.relay.schema import metadata
from tests.relay.client import RUN, RelayProcess
from tests.relay.conftest import free_ports


def write(folder: Path, **changes: object) -> Path:
    """A configuration that is good but for `changes`; runs on free ports of this machine."""
    port = free_ports()
    config: dict[str, object] = {
        "http": f"127.0.0.1:{port}",
        "stream": f"127.0.0.1:{port + 1}",
        "data": str(folder / "relay"),
        "objects": str(folder / "store"),
        "tenants": str(folder / "tenants.json"),
        **changes,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in config.items() if not isinstance(value, dict)]
    for name, table in config.items():
        if isinstance(table, dict):
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    if not (folder / "tenants.json").exists():
        (folder / "tenants.json").write_text("[]")
    (folder / "relay.toml").write_text("\n".join(lines))
    return folder / "relay.toml"


async def start(path: Path) -> None:
    """Starts relay and stops it at once."""
    stop = asyncio.Event()
    stop.set()
    await main(relay_config.read(path), stop, log=Log())


async def test_good_configuration_starts(tmp_path: Path):
    await start(write(tmp_path))


async def test_refused_configurations(tmp_path: Path):
    keys = tmp_path / "livekit.keys"
    keys.write_text("key: secret\n")
    keys.chmod(0o644)
    livekit = {"url": "http://127.0.0.1:1", "public": "ws://127.0.0.1:1", "keys": str(keys)}
    changes: dict[str, object]
    for changes, word in (
        ({"http": "0.0.0.0:21470"}, "tls_cert"),
        ({"stream": "[::]:21471"}, "tls_cert"),
        ({"http": "127.0.0.1"}, "host:port"),
        ({"tls_cert": "x"}, "tls_key"),
        ({"surprise": 1}, "surprise"),
        ({"livekit": livekit}, "chmod 600"),
        ({"livekit": {**livekit, "public": "ws://media.example"}}, "livekit.public"),
        ({"objects": {"endpoint": "http://cloud.example", "bucket": "b", "keys": str(keys)}}, "objects.endpoint"),
        ({"objects": {"endpoint": "https://cloud.example", "bucket": "b", "keys": str(keys)}}, "chmod 600"),
    ):
        with pytest.raises(BadConfig) as caught:
            await start(write(tmp_path, **changes))
        assert word in str(caught.value)


@pytest.mark.parametrize("tenants", ["", "{}", '[{"tenant": "x", "keys": [], "origins": []}]', '[{"surprise": 1}]'])
async def test_refused_tenants(tmp_path: Path, tenants: str):
    (tmp_path / "tenants.json").write_text(tenants)
    with pytest.raises(BadConfig, match=r"tenants\.json"):
        await start(write(tmp_path))


def test_busy_port_gets_a_sentence_and_exit_code_2(tmp_path: Path, relay: RelayProcess):
    path = write(tmp_path, http=relay.http.removeprefix("http://"))
    done = subprocess.run([sys.executable, "-c", RUN, path], capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"cannot be used" in done.stderr
    assert b"Traceback" not in done.stderr


async def test_migrations_make_the_schema(tmp_path: Path):
    transactions = await open_transactions(tmp_path / "relay.db", MIGRATIONS)
    try:
        differences = await transactions.read(lambda tx: compare_metadata(MigrationContext.configure(tx), metadata))
    finally:
        await transactions.close()
    assert [one for one in differences if "alembic_version" not in str(one)] == []


def test_every_table_says_how_long_it_keeps() -> None:
    assert all(table.info.get("keep") for table in metadata.tables.values())


def test_database_is_for_its_owner_alone(relay: RelayProcess):
    for path in relay.database.parent.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name
    with sqlite3.connect(f"file:{relay.database}?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()
