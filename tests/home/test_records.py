"""The records reader: every envelope once, whatever happens; what is forgotten is gone."""

import asyncio
import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from samrum.home.config import HomeConfig
from samrum.home.keys.folder import KeyFolder
from samrum.home.keys.root import RootAway
from samrum.home.records import actions, tables
from samrum.home.records.opening import Cause
from samrum.plumbing import sql
from samrum.plumbing.clock import SystemClock
from samrum.wire import ids, search_api
from samrum.wire.ids import RoomId
from samrum.wire.search_api import Found
from tests.home.client import Person
from tests.home.running import ROOT, Running, make_config, recorder_of, running, write_toml
from tests.home.writer import Writer
from tests.plumbing.migrating import database_at

MESSAGES = 1200


def rows(config: HomeConfig, statement: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{config.data / 'records.db'}?mode=ro", uri=True)) as database:
        return database.execute(statement).fetchall()


def dump(config: HomeConfig) -> dict[str, list[tuple[Any, ...]]]:
    """All that the records say, without the numbers that they gave."""
    words = dict(rows(config, "SELECT id, word FROM vocabulary"))
    room = "(SELECT room FROM room_number WHERE number = {})"
    person = "(SELECT pid FROM person_number WHERE number = {})"
    body = {
        row[0]: [words[int(one)] for one in row[1].split()] for row in rows(config, "SELECT rowid, words FROM body")
    }
    messages = rows(
        config,
        f"SELECT id, {room.format('id >> 28')}, id & 268435455, n, edit, msg, {person.format('person')}, epoch, kind, has, everyone, word, length, deleted "
        "FROM message ORDER BY n",
    )
    return {
        "messages": [(*row[1:], body.pop(row[0], None)) for row in messages],
        "left": list(body.items()),
        "mentions": sorted(
            rows(config, f"SELECT {person.format('m.person')}, x.n FROM mention m JOIN message x ON x.id = m.id")
        ),
        "mirror": rows(config, f"SELECT n, {room.format('room')}, pos, env FROM mirror ORDER BY n"),
        "sequences": sorted(rows(config, f"SELECT {room.format('room')}, dev, seq FROM sequence")),
        "skipped": rows(config, "SELECT n, cause FROM skipped ORDER BY n"),
        "words": sorted(rows(config, "SELECT word, plain, sv, en, de, messages FROM vocabulary")),
        "parts": rows(config, "SELECT COUNT(*) FROM part WHERE part MATCH 'ord'"),
        "reads": sorted(
            rows(config, f"SELECT {room.format('room')}, {person.format('person')}, pos FROM read_position")
        ),
        "progress": rows(config, "SELECT mirrored, reads, indexed, stored, done FROM progress"),
    }


def write_much(alice: Person, bob: Person, writer: Writer, room: RoomId) -> None:
    """Messages, edits, deletions, mentions, and some that do not count."""
    chance = random.Random(4)
    written: list[Any] = []
    for number in range(MESSAGES):
        kind, by = chance.random(), chance.choice([alice, bob])
        if kind < 0.2 and written:
            author, message = chance.choice(written)
            writer.edit(author, room, message, f"ändrat{number % 50} igen")
        elif kind < 0.3 and written:
            author, message = chance.choice(written)
            writer.delete(author, room, message)
        elif kind < 0.33 and written:
            writer.edit(by, room, ids.new_msg_id(), "om ingenting")  # type: ignore[arg-type]
        else:
            said = {"m": [alice.pid] if kind > 0.9 else [], "a": kind > 0.97}
            written.append((by, writer.write(by, room, f"meddelande ord{number % 300} nummer {number}", say=said)))
    writer.relay.reads += [(room, alice.pid, 7), (room, bob.pid, 9)]


def progress(config: HomeConfig) -> int:
    with contextlib.suppress(sqlite3.Error):
        return int(rows(config, "SELECT stored + done FROM progress")[0][0])
    return 0


async def run_until(config: HomeConfig, done: int, *, kill: bool) -> None:
    """Runs home's own process until the records have come so far."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "samrum", "home", "run", "--config", str(write_toml(config))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    try:
        for _ in range(4000):
            assert process.poll() is None
            if progress(config) >= done:
                break
            await asyncio.sleep(0.005)
        assert progress(config) >= done
    finally:
        if kill:
            process.kill()
        else:
            process.terminate()
        await asyncio.to_thread(process.wait, 20)


@pytest.mark.servers
async def test_a_home_that_is_killed_at_any_point_misses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    relay = recorder_of(config)
    async with relay:
        async with running(config, SystemClock(), relay) as home:
            alice, bob = await home.enter(0, 1)
            writer = Writer(relay)
            room = writer.learn(await alice.create(bob.pid))
        relay.log_page = 100
        write_much(alice, bob, writer, room)
        chance, far = random.Random(), 0
        for _ in range(2):
            far = min(2 * MESSAGES - 1, far + chance.randint(1, MESSAGES))
            await run_until(config, far, kill=True)
        await run_until(config, 2 * MESSAGES, kill=False)
        killed = dump(config)
        for path in config.data.glob("records.db*"):
            path.unlink()
        await run_until(config, 2 * MESSAGES, kill=False)
        assert dump(config) == killed
    assert len(killed["mirror"]) == MESSAGES
    assert killed["progress"][0][3:5] == (MESSAGES, MESSAGES)
    assert {cause for _, cause in killed["skipped"]} == {Cause.BAD_REF}
    assert (
        sum(row[-1] is not None for row in killed["messages"]) == sum(not row[-2] for row in killed["messages"]) > 500
    )
    assert (config.data / "records.db").stat().st_mode & 0o777 == 0o600
    status = subprocess.run(
        [sys.executable, "-m", "samrum", "home", "records", "status", "--config", str(config.data / "home.toml")],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert json.loads(status.stdout) == {
        "here": MESSAGES,
        "gone_over": MESSAGES,
        "skipped": {"bad_ref": len(killed["skipped"])},
    }


async def test_without_relay_or_keys_the_index_waits_and_goes_on(
    home: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = await home.enter(0, 1)
    writer = Writer(home.relay)
    room = writer.learn(await alice.create(bob.pid))

    def away(*_: object) -> None:
        raise RootAway

    with monkeypatch.context() as patch:
        patch.setattr(KeyFolder, "period", away)
        writer.write(alice, room, "gurka")
        for _ in range(60):
            found = await alice.ask("POST", "/search", search_api.Search(text="gurka"), want=Found)
            if found.of:
                break
            home.clock.time += 2
            await asyncio.sleep(0.05)
        assert (found.total, found.indexed, found.of) == (0, 0, 1)
    home.relay.away = True
    for _ in range(200):
        found = await alice.ask("POST", "/search", search_api.Search(text="gurka"), want=Found)
        if found.total:
            break
        home.clock.time += 2
        await asyncio.sleep(0.05)
    assert (found.total, found.indexed) == (1, 1)


def open_records(path: Path) -> sa.Engine:
    sql.make(path)
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", sql.pragmas)
    with engine.connect() as connection:
        sql.upgrade(connection, ROOT / "src/samrum/home/records/migrations")
        connection.commit()
    return engine


def test_words_are_counted_in_messages_of_before(tmp_path: Path) -> None:
    migrations = ROOT / "src/samrum/home/records/migrations"
    database_at(tmp_path / "records.db", migrations, "0001")
    with contextlib.closing(sqlite3.connect(tmp_path / "records.db")) as database:
        for message, words in ((1, "7 8 7"), (2, None)):
            database.execute(
                "INSERT INTO message (id, n, msg, person, at, epoch, kind, has, everyone, deleted) VALUES (?, ?, ?, 1, 1, 1, 1, 0, 0, 0)",
                (message, message, bytes([message])),
            )
            if words:
                database.execute("INSERT INTO body (rowid, words) VALUES (?, ?)", (message, words))
        database.commit()
    engine = open_records(tmp_path / "records.db")
    with engine.connect() as tx:
        assert tx.exec_driver_sql("SELECT id, length FROM message ORDER BY id").fetchall() == [(1, 3), (2, 0)]
    engine.dispose()


async def test_what_is_forgotten_stands_nowhere_any_more(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    writer = Writer(home.relay)
    room = writer.learn(await alice.create(bob.pid))
    first = writer.write(alice, room, "hemligt gurkmeja", say={"m": [bob.pid]})
    writer.write(alice, room, "kvar hemligt")
    writer.edit(alice, room, first, "hemligt saffran", say={"m": [bob.pid]})
    for _ in range(80):
        found = await bob.ask("POST", "/search", search_api.Search(text="hemligt"), want=Found)
        if found.indexed == 3:
            break
        home.clock.time += 2
        await asyncio.sleep(0.05)
    assert found.total == 2
    engine = open_records(home.config.data / "records.db")
    with engine.connect() as tx:
        tx.exec_driver_sql("BEGIN IMMEDIATE")
        assert actions.forget(tx, room, [(1, 1), (3, 3)]) == 1
        tx.commit()
    engine.dispose()
    found = await bob.ask("POST", "/search", search_api.Search(text="hemligt"), want=Found)
    assert (found.total, found.indexed, found.of) == (1, 1, 1)
    left = dump(home.config)
    assert [row[0] for row in left["words"]] == ["hemligt", "kvar"]
    assert [row[0] for row in left["mirror"]] == [2]
    assert left["mentions"] == []


async def test_what_others_ask_the_records(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    writer = Writer(home.relay)
    room = writer.learn(await alice.create(bob.pid))
    writer.write(alice, room, "ett")
    writer.write(alice, room, "två", say={"m": [bob.pid]})
    writer.write(bob, room, "tre")
    gone = writer.write(alice, room, "fyra")
    writer.delete(alice, room, gone)
    ring = writer.write(alice, room, kind=5, say={"c": "ring"})
    writer.write(bob, room, kind=5, ref=ring, say={"c": "missed"})
    home.relay.reads.append((room, bob.pid, 1))
    for _ in range(80):
        found = await bob.ask("POST", "/search", search_api.Search(text="ett"), want=Found)
        if found.indexed == 7:
            break
        home.clock.time += 2
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)
    engine = open_records(home.config.data / "records.db")
    with engine.connect() as tx:
        unread = tables.unread(tx, bob.pid, room, 10)
        assert [(one.pos, one.pid, one.kind, one.word, one.mentions) for one in unread] == [
            (2, alice.pid, 1, None, 1),
            (6, alice.pid, 5, "missed", 0),
        ]
        assert tables.unread(tx, bob.pid, ids.new_room(), 10) == []
        assert tables.sealed(tx, unread[0].n) == home.relay.log[1].env
    engine.dispose()
