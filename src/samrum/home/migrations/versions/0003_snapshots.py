"""Rooms at size: snapshots, the epoch of each roster, changes since the last snapshot, epochs that are due."""

import base64
import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Text, Int, Col = sa.Text, sa.BigInteger, sa.Column


def upgrade() -> None:
    """Adds what is missing and reads it from the statements that are there."""
    op.create_table(  # the newest of each room
        "snapshot",
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True),
        Col("version", Int, nullable=False),
        Col("jws", Text, nullable=False),
        Col("list", Text, nullable=False),
    )
    op.add_column("roster", Col("epoch", Int, nullable=False, server_default="0"))
    op.add_column("room", Col("changes", Int, nullable=False, server_default="0"))
    op.add_column("room", Col("epoch_due", Int))
    op.add_column("room", Col("epoch_lost", Int))
    op.create_index("room_epoch_due", "room", ["epoch_due"])
    connection = op.get_bind()
    for room, version, jws in connection.execute(sa.text("SELECT room, version, jws FROM roster")).fetchall():
        body = jws.split(".")[1]
        roster = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        number = sum(len(roster.get(part, [])) for part in ("add", "remove", "role"))
        values = {"room": room, "version": version, "epoch": roster["epoch"]["n"], "number": max(1, number)}
        connection.execute(
            sa.text("UPDATE roster SET epoch = :epoch WHERE room = :room AND version = :version"), values
        )
        connection.execute(sa.text("UPDATE room SET changes = changes + :number WHERE room = :room"), values)
