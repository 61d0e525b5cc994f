"""Devices: reported lost, answered for, gone from their person's list."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds three columns. Nobody is asked about devices that were there before."""
    op.add_column("device", sa.Column("lost", sa.BigInteger))
    op.add_column("device", sa.Column("known", sa.Text))
    op.add_column("device", sa.Column("former", sa.BigInteger))
    op.execute("UPDATE device SET known = ''")
