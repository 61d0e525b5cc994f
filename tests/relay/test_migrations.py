"""Relay's database of an earlier version is brought to today's without losing a message or its order."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from samrum.plumbing.transactions import open_transactions
from samrum.relay.app import MIGRATIONS
from tests.plumbing.migrating import database_at


async def test_messages_keep_their_order_and_get_numbers_that_are_never_reused(tmp_path: Path):
    path = tmp_path / "relay.db"
    database_at(path, MIGRATIONS, "0001")
    rows = [("r_b", 1, "m_3"), ("r_a", 1, "m_1"), ("r_b", 2, "m_2")]
    with contextlib.closing(sqlite3.connect(path)) as database:
        for room in ("r_a", "r_b"):
            database.execute(
                "INSERT INTO rooms VALUES (?, 't', 1, 'h', 1, 'k', 'c', NULL, NULL, 'group', 'open', 'member', 2)",
                (room,),
            )
        for room, pos, msg in rows:
            database.execute("INSERT INTO messages VALUES (?, ?, ?, 'p', 'd', 1, x'00')", (room, pos, msg))
        database.commit()
    transactions = await open_transactions(path, MIGRATIONS)
    await transactions.close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT room, pos, msg_id FROM messages ORDER BY n").fetchall() == rows
        last = database.execute("SELECT MAX(n) FROM messages").fetchone()[0]
        database.execute("DELETE FROM messages WHERE n = ?", (last,))
        database.execute(
            "INSERT INTO messages (room, pos, msg_id, pid, dev, kind, envelope) VALUES ('r_a', 2, 'm_4', 'p', 'd', 1, x'00')"
        )
        assert database.execute("SELECT MAX(n) FROM messages").fetchone()[0] == last + 1


async def test_old_messages_learn_what_they_refer_to(tmp_path: Path):
    path = tmp_path / "relay.db"
    database_at(path, MIGRATIONS, "0002")
    none, one, other = bytes(16), b"1" * 16, b"2" * 16
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(
            "INSERT INTO rooms VALUES ('r', 't', 1, 'h', 1, 'k', 'c', NULL, NULL, 'group', 'open', 'member', 3)"
        )
        for pos, (thread, ref) in enumerate([(none, none), (one, none), (one, other), (none, none)], 1):
            database.execute(
                "INSERT INTO messages (room, pos, msg_id, pid, dev, kind, envelope) VALUES ('r', ?, ?, 'p', 'd', 1, ?)",
                (pos, f"m{pos}", bytes(114) + thread + ref + b"rest"),
            )
        database.execute("DELETE FROM messages WHERE pos = 4")
        database.executemany("INSERT INTO reads VALUES ('r', ?, 1)", [("p1",), ("p2",)])
        database.commit()
    transactions = await open_transactions(path, MIGRATIONS)
    await transactions.close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT n, pos, thread, ref, length(envelope) FROM messages ORDER BY n").fetchall()
        assert rows == [(1, 1, None, None, 150), (2, 2, one, None, 150), (3, 3, one, other, 150)]
        database.execute(
            "INSERT INTO messages (room, pos, msg_id, pid, dev, kind, envelope) VALUES ('r', 5, 'm5', 'p', 'd', 1, x'00')"
        )
        assert database.execute("SELECT MAX(n) FROM messages").fetchone()[0] == 5, (
            "the number of a message that is gone"
        )
        assert sorted(database.execute("SELECT n FROM reads").fetchall()) == [(1,), (2,)]


async def test_messages_of_before_files_stay_and_new_ones_may_link_some(tmp_path: Path):
    path = tmp_path / "relay.db"
    database_at(path, MIGRATIONS, "0003")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(
            "INSERT INTO rooms VALUES ('r', 't', 1, 'h', 1, 'k', 'c', NULL, NULL, 'group', 'open', 'member', 1)"
        )
        database.execute(
            "INSERT INTO messages (room, pos, msg_id, pid, dev, kind, envelope) VALUES ('r', 1, 'm', 'p', 'd', 1, x'01')"
        )
        database.commit()
    transactions = await open_transactions(path, MIGRATIONS)
    await transactions.close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA foreign_keys=ON")
        assert database.execute("SELECT msg_id, envelope FROM messages").fetchall() == [("m", b"\x01")]
        database.execute("INSERT INTO objects VALUES ('o', 't', 'p', 9, 9, 1, 0)")
        database.execute("INSERT INTO object_parts VALUES ('o', 0, 9, 'n')")
        database.execute("INSERT INTO object_links VALUES ('o', 'r', 'm')")
        with pytest.raises(sqlite3.IntegrityError):
            database.execute("INSERT INTO object_links VALUES ('other', 'r', 'm')")
