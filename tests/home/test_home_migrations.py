"""Home's database of an earlier version: its keys are copied to the second place by the first start, and released only then."""

import contextlib
import sqlite3
from pathlib import Path

import samrum.home
from samrum.home.keys import copy
from samrum.home.mail import tables as mail
from samrum.home.people import tables as people
from samrum.home.rooms import tables
from samrum.plumbing.transactions import open_transactions
from samrum.wire.ids import RoomId
from tests.home.running import Running, make_config, running
from tests.plumbing.migrating import database_at

MIGRATIONS = Path(samrum.home.__file__).with_name("migrations")


async def test_keys_of_before_are_copied_and_then_released(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    async with running(config) as home:
        alice, bob = await home.enter(0, 1)
        room = (await alice.create(bob.pid)).room.room
        held = (await alice.keys((room, 1))).keys
    before = tmp_path / "before.db"
    database_at(before, MIGRATIONS, "0003")
    with contextlib.closing(sqlite3.connect(before)) as database:
        database.execute("ATTACH ? AS now", (str(tmp_path / "home.db"),))
        database.execute("PRAGMA foreign_keys = OFF")
        for (table,) in database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if not table.startswith(("sqlite_", "alembic")):
                columns = ", ".join(row[1] for row in database.execute(f"PRAGMA main.table_info({table})"))
                database.execute(f"DELETE FROM main.{table}")
                database.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")
        database.commit()
    for path in tmp_path.glob("home.db*"):
        path.unlink()
    before.rename(tmp_path / "home.db")
    (config.keys.folder / copy.KNOWN).unlink()
    for path in config.keys.second_copy.iterdir():
        path.unlink()
    upgraded = await open_transactions(tmp_path / "home.db", MIGRATIONS)
    assert await upgraded.read(lambda tx: tx.exec_driver_sql("SELECT copied FROM epoch_key").scalars().all()) == [0]
    await upgraded.close()
    async with running(config) as home:
        assert [row.room for row in copy.read(config.keys.second_copy)] == [room]
        assert (await again(home)).keys == held


async def again(home: Running):  # type: ignore[no-untyped-def]
    (alice,) = await home.enter(0)
    (room,) = (one.room for one in alice.started.rooms)
    return await alice.keys((room, 1))


async def test_rooms_of_before_stay_by_invitation_and_open_from_their_first_key(tmp_path: Path) -> None:
    """Rooms and people of revision 0004, with values written by hand: nothing of today's code made them."""
    path = tmp_path / "home.db"
    database_at(path, MIGRATIONS, "0004")
    room = (
        "r_" + "a" * 26,
        "group",
        "Budget",
        "open",
        "member",
        "365d",
        "p_" + "a" * 26,
        None,
        3,
        "head",
        3,
        2,
        1_700_000_000,
    )
    with contextlib.closing(sqlite3.connect(path)) as database:
        columns = "room, kind, title, history, post, retention, creator, pair, version, head, delivered, epoch, changed"
        database.execute(f"INSERT INTO room ({columns}) VALUES ({', '.join('?' * len(room))})", room)
        database.commit()
    upgraded = await open_transactions(path, MIGRATIONS)
    row = await upgraded.read(lambda tx: tables.get(tx, RoomId(room[0])))
    await upgraded.close()
    assert row is not None
    assert (row.title, row.version, row.epoch, row.policy().post) == ("Budget", 3, 2, "member")
    assert (row.topic, row.access, row.archived, row.open_from, row.picture) == ("", "private", 0, 1, None)
    assert not row.joinable()


async def test_people_of_before_have_no_address_until_the_directory_says_one(tmp_path: Path) -> None:
    path, pid = tmp_path / "home.db", "p_" + "a" * 26
    database_at(path, MIGRATIONS, "0005")
    with contextlib.closing(sqlite3.connect(path)) as database:
        person = (pid, "asa", "Åsa Ek", "", "", "hash", "", " asa ek", 0)
        columns = "pid, login, name, department, title, hash, may, folded, disabled"
        database.execute(f"INSERT INTO person ({columns}) VALUES ({', '.join('?' * len(person))})", person)
        database.commit()
    upgraded = await open_transactions(path, MIGRATIONS)
    (one,) = await upgraded.read(people.everybody)
    told = await upgraded.read(lambda tx: (mail.address(tx, one.pid), mail.cursor(tx), mail.due(tx, 2**40, 2**40, 9)))
    await upgraded.close()
    assert (one.login, one.name, one.mail) == ("asa", "Åsa Ek", "")
    assert told == (None, 0, [])
