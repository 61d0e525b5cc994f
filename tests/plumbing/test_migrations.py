"""A migration that does not come to its end leaves nothing behind, so that the next start makes it whole."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from samrum.plumbing import sql

ENV = "from samrum.plumbing.migrate import run\n\nrun()\n"
FIRST = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.create_table("one", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO one (id) VALUES (1)")
    {end}
    op.create_table("two", sa.Column("id", sa.Integer, primary_key=True))
"""


def tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def test_half_a_migration_is_none(tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'zone.db'}")
    sa.event.listen(engine, "connect", sql.pragmas)
    (versions / "0001_first.py").write_text(FIRST.format(end='raise RuntimeError("killed")'))
    with engine.connect() as connection, pytest.raises(RuntimeError, match="killed"):
        sql.upgrade(connection, tmp_path / "migrations")
    assert tables(engine) == set()
    (versions / "0001_first.py").write_text(FIRST.format(end=""))
    with engine.connect() as connection:
        sql.upgrade(connection, tmp_path / "migrations")
        connection.commit()
    assert tables(engine) == {"one", "two", "alembic_version"}
    engine.dispose()
