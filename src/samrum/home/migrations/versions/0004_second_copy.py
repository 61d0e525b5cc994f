"""Epoch keys: whether they stand at the second place too. Rooms: how much was said under the current key."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Text, Int, Col = sa.Text, sa.BigInteger, sa.Column


def upgrade() -> None:
    """Keys of before are copied by the next start; until then none of them is released."""
    op.add_column("epoch_key", Col("copied", Int, nullable=False, server_default="0"))
    op.create_table(  # while the room lasts: relay's positions when the current key was first seen in use, and now
        "key_use",
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True),
        Col("epoch", Int, nullable=False),
        Col("first", Int, nullable=False),
        Col("last", Int, nullable=False),
    )
    op.create_table(  # how far relay's log was counted
        "key_use_cursor",
        Col("one", sa.Integer, primary_key=True),
        Col("cursor", Int, nullable=False),
    )
    op.execute("INSERT INTO key_use_cursor (one, cursor) VALUES (1, 0)")
