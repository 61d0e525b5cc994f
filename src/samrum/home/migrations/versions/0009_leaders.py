"""Who was owner or moderator of a room, from which version to which."""

import base64
import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Text, Int, Col = sa.Text, sa.BigInteger, sa.Column
LEADING = ("owner", "moderator")


def upgrade() -> None:
    """Adds the table and reads it from the statements that are there."""
    op.create_table(  # as long as the room
        "leader",
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True),
        Col("pid", Text, primary_key=True),
        Col("from_version", Int, primary_key=True),
        Col("to_version", Int),
    )
    connection = op.get_bind()
    leading: dict[tuple[str, str], int] = {}
    for room, version, jws in connection.execute(sa.text("SELECT room, version, jws FROM roster ORDER BY version")):
        body = jws.split(".")[1]
        roster = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        now = dict.fromkeys(roster.get("remove", []), False)
        now |= {entry["pid"]: entry["role"] in LEADING for part in ("role", "add") for entry in roster.get(part, [])}
        for pid, leads in now.items():
            values = {"room": room, "pid": pid, "from": leading.get((room, pid)), "version": version}
            if leads and values["from"] is None:
                leading[room, pid] = version
                sql = "INSERT INTO leader (room, pid, from_version) VALUES (:room, :pid, :version)"
                connection.execute(sa.text(sql), values)
            elif not leads and values["from"] is not None:
                del leading[room, pid]
                sql = (
                    "UPDATE leader SET to_version = :version WHERE room = :room AND pid = :pid AND from_version = :from"
                )
                connection.execute(sa.text(sql), values)
