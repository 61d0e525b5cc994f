"""Relay's database of an earlier version is brought to today's without losing a message or its order."""

import contextlib
import sqlite3
from pathlib import Path

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
