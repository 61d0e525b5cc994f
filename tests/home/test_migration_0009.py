"""Home's database of version 0008: who led a room is read from the statements that are there."""

import contextlib
import sqlite3
from pathlib import Path

import samrum.home
from samrum.plumbing.transactions import open_transactions
from samrum.wire.statements import Role
from tests.home.running import make_config, running
from tests.plumbing.migrating import database_at

MIGRATIONS = Path(samrum.home.__file__).with_name("migrations")
ROWS = "SELECT room, pid, from_version, to_version FROM leader ORDER BY room, pid, from_version"


async def test_leaders_of_before_are_what_was_written_since(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    async with running(config) as home:
        alice, bob, carl = await home.enter(0, 1, 2)
        room = (await alice.create(bob.pid)).room.room
        for change in (
            {"role": {bob.pid: Role.MODERATOR}},
            {"role": {bob.pid: Role.OWNER}, "add": [carl.pid]},
            {"role": {bob.pid: Role.MEMBER, carl.pid: Role.MODERATOR}},
            {"remove": [carl.pid], "role": {bob.pid: Role.MODERATOR}},
        ):
            home.clock.time += 5
            await alice.change(room, **change)  # type: ignore[arg-type]
    with contextlib.closing(sqlite3.connect(tmp_path / "home.db")) as database:
        wanted = database.execute(ROWS).fetchall()
    assert len(wanted) == 4
    before = tmp_path / "before.db"
    database_at(before, MIGRATIONS, "0008")
    with contextlib.closing(sqlite3.connect(before)) as database:
        database.execute("ATTACH ? AS now", (str(tmp_path / "home.db"),))
        database.execute("PRAGMA foreign_keys = OFF")
        for table in ("person", "room", "roster"):
            columns = ", ".join(row[1] for row in database.execute(f"PRAGMA main.table_info({table})"))
            database.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")
        database.commit()
    upgraded = await open_transactions(before, MIGRATIONS)
    found = await upgraded.read(lambda tx: [tuple(row) for row in tx.exec_driver_sql(ROWS)])
    await upgraded.close()
    assert found == wanted
