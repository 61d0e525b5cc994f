"""What every zone's `migrations/env.py` runs: Alembic on the connection that `sql.upgrade` hands it."""

from alembic import context


def run() -> None:
    """Upgrades inside one transaction."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
