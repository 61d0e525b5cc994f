"""A database as an earlier version left it."""

from pathlib import Path

import alembic.command
import alembic.config
import sqlalchemy as sa

from samrum.plumbing import sql


def database_at(path: Path, migrations: Path, revision: str) -> None:
    """Makes the database at `path` with the schema of one revision."""
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", sql.pragmas)
    with engine.connect() as connection:
        config = alembic.config.Config()
        config.set_main_option("script_location", str(migrations))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, revision)
        connection.commit()
    engine.dispose()
