"""Home's database of version 0007: everybody of before is a human, who can be blocked, reported and exported afterwards."""

import contextlib
import sqlite3
from pathlib import Path

import samrum.home
from samrum.home.people import tables as people
from samrum.plumbing.transactions import open_transactions
from samrum.wire import ids
from tests.plumbing.migrating import database_at

MIGRATIONS = Path(samrum.home.__file__).with_name("migrations")


async def test_people_of_before_are_humans(tmp_path: Path) -> None:
    path, pid = tmp_path / "home.db", ids.new_pid()
    database_at(path, MIGRATIONS, "0007")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(
            "INSERT INTO person (pid, login, name, department, title, hash, may, folded, disabled, mail) "
            "VALUES (?, 'asa', 'Åsa Ek', '', '', 'h', '', ' asa ek', 0, '')",
            (pid,),
        )
        database.commit()
    upgraded = await open_transactions(path, MIGRATIONS)
    (person,) = await upgraded.read(lambda tx: people.people(tx, [pid]))
    assert (person.name, person.integration) == ("Åsa Ek", False)
    assert await upgraded.read(lambda tx: people.active(tx, [pid])) == {pid}
    tables = ("block", "report", "hook", "hook_message", "export")
    for table in tables:
        assert (
            await upgraded.read(lambda tx, one=table: tx.exec_driver_sql(f"SELECT COUNT(*) FROM {one}").scalar()) == 0
        )
    await upgraded.close()
