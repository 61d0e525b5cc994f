"""Transactions: in order, published after they are durable, rolled back when they raise."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from samrum.plumbing.config import BadConfig
from samrum.plumbing.transactions import Prepared, Transactions, Tx, before_commit, open_transactions

ENV = "from samrum.plumbing import migrate\n\nmigrate.run()\n"
FIRST = """
revision = "0001"
down_revision = None

from alembic import op
import sqlalchemy as sa


def upgrade():
    op.create_table("note", sa.Column("n", sa.Integer, primary_key=True))
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    (folder / "versions" / "0001_first.py").write_text(FIRST)
    return folder


@pytest.fixture
async def db(tmp_path: Path, migrations: Path) -> AsyncIterator[Transactions]:
    opened = await open_transactions(tmp_path / "data" / "small.db", migrations)
    yield opened
    await opened.close()


def put(n: int):
    def work(tx: Tx) -> int:
        tx.execute(sa.text("INSERT INTO note VALUES (:n)"), {"n": n})
        return n

    return work


def count(tx: Tx) -> int:
    return tx.execute(sa.text("SELECT count(*) FROM note")).scalar_one()


async def test_writes_are_published_in_the_order_of_their_commits(db: Transactions) -> None:
    published: list[int] = []
    await asyncio.gather(*(db.write(put(n), published.append) for n in range(50)))
    assert published == list(range(50))
    assert await db.read(count) == 50


async def test_what_raises_is_rolled_back_and_not_published(db: Transactions) -> None:
    published: list[int] = []

    def broken(tx: Tx) -> int:
        put(1)(tx)
        raise KeyError("no")

    with pytest.raises(KeyError):
        await db.write(broken, published.append)
    assert await db.read(count) == 0
    assert published == []
    await db.write(put(1), published.append)
    assert published == [1]


async def test_an_ordered_read_sees_what_was_queued_before_it(db: Transactions) -> None:
    writing = [asyncio.ensure_future(db.write(put(n))) for n in range(20)]
    await asyncio.sleep(0)  # all are queued now
    assert await db.ordered(count) == 20
    await asyncio.gather(*writing)


async def test_the_file_is_its_owners_alone_and_waits_for_the_disk(db: Transactions, tmp_path: Path) -> None:
    await db.write(put(1))
    for file in (tmp_path / "data").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name
    pragmas = await db.read(
        lambda tx: [tx.exec_driver_sql(f"PRAGMA {p}").scalar_one() for p in ("journal_mode", "synchronous")]
    )
    assert pragmas == ["wal", 2]


async def test_a_newer_versions_database_is_refused(tmp_path: Path, migrations: Path) -> None:
    path = tmp_path / "data" / "small.db"
    await (await open_transactions(path, migrations)).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(BadConfig, match="newer version"):
        await open_transactions(path, migrations)


async def test_what_must_stand_elsewhere_first_is_flushed_once_before_the_commit(db: Transactions) -> None:
    flushed: list[list[int]] = []

    def flush(items: list[int]) -> None:
        flushed.append(items)
        if 13 in items:
            raise OSError

    def add(*numbers: int) -> Callable[[Tx], None]:
        def work(tx: Tx) -> None:
            for number in numbers:
                tx.execute(sa.text("INSERT INTO note VALUES (:n)"), {"n": number})
                before_commit(tx, flush, number)
            if 99 in numbers:
                raise KeyError

        return work

    await db.write(add(1, 2))
    for numbers, error in (((3, 13), OSError), ((99, 4), KeyError)):
        with pytest.raises(error):
            await db.write(add(*numbers))
    await db.write(add(5))
    assert flushed == [[1, 2], [3, 13], [5]]
    assert await db.read(lambda tx: list(tx.execute(sa.text("SELECT n FROM note")).scalars())) == [1, 2, 5]


async def test_a_prepared_statement_gives_rows_and_fails_as_every_other(db: Transactions) -> None:
    notes = sa.table("note", sa.column("n"))
    add = Prepared(sa.insert(notes).values(n=sa.bindparam("n")))
    above = Prepared(sa.select(notes.c.n).where(notes.c.n > sa.bindparam("low"), notes.c.n != 3).order_by(notes.c.n))
    await db.write(lambda tx: add.run(tx, [{"n": n} for n in range(5)]))
    assert await db.read(lambda tx: above.rows(tx, {"low": 1})) == [(2,), (4,)]
    assert await db.read(lambda tx: above.row(tx, {"low": 4})) is None
    with pytest.raises(sa.exc.SQLAlchemyError):
        await db.write(lambda tx: add.run(tx, [{"n": 9}, {"n": 2}]))
    assert await db.read(lambda tx: above.rows(tx, {"low": 4})) == []  # the 9 was rolled back
