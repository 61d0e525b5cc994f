"""Home against the real relay: what home says is applied there, through a crash of relay, and its head is witnessed."""

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import httpx

from samrum.home import app
from samrum.plumbing.clock import SystemClock
from samrum.wire import jws
from samrum.wire.relay_api import Witnessed
from samrum.wire.statements import Head
from tests.home.client import NOTHING
from tests.home.running import make_config, recorder_of, running, write_toml
from tests.relay.client import RelayProcess


class Registered:
    """What relay's operator got from this authority."""

    def __init__(self, statement: str) -> None:
        self.statement = statement

    def registration(self) -> Any:
        return json.loads(self.statement)


def rows(relay: RelayProcess, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{relay.database}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


async def test_relay_applies_what_home_says_through_a_crash(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    registered: Any = Registered(app.registration(write_toml(config)))
    (tmp_path / "operator").mkdir()
    relay = RelayProcess(tmp_path / "operator", int(config.relay.http.rpartition(":")[2]), registered)
    relay.start()
    try:
        await relay.ready()
        async with running(config, SystemClock(), recorder_of(config)) as home:
            alice, bob, other = await home.enter(0, 1, 1)
            changed = await alice.create(bob.pid)
            room = changed.room.room
            assert changed.room.delivered == 1
            relay.kill()
            away = await alice.change(room, remove=[bob.pid])
            assert (away.room.version, away.room.delivered) == (2, 1)
            relay.start()
            await relay.ready()
            back = await alice.change(room, add=[bob.pid])
            for _ in range(100):
                if (await alice.since(0)).rooms[0].delivered == 3:
                    break
                await asyncio.sleep(0.1)
            found = rows(relay, "SELECT jws FROM rosters ORDER BY version")
            assert [one[0] for one in found] == back.rosters
            await bob.ask("POST", f"/devices/{other.dev}/revoke", {}, want=NOTHING)
            assert (bob.pid, other.dev) in rows(relay, "SELECT pid, dev FROM revocations")
            await asyncio.sleep(0.5)
            async with httpx.AsyncClient(trust_env=False) as http:
                path = f"{relay.http}/tenants/{config.tenant}/head"
                bearer = {"authorization": f"Bearer {alice.started.grant}"}
                witnessed = Witnessed(**(await http.get(path, headers=bearer)).json())
            assert witnessed.jws is not None
            ledger = await alice.ask("GET", "/ledger", want=dict)
            assert jws.verify(witnessed.jws, Head, home.relay._key).n == len(ledger["entries"])
            assert ledger["head"] == witnessed.jws
    finally:
        assert relay.stop() == 0
    assert '"level":"error"' not in relay.log.read_text()
