"""Rooms: topic, access, archive, picture, from where newcomers read. People: how they see each room, their settings and status."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Text, Int, Col = sa.Text, sa.BigInteger, sa.Column


def upgrade() -> None:
    """Rooms of before stay as they were: by invitation, without a topic or a picture."""
    op.add_column("room", Col("topic", Text, nullable=False, server_default=""))
    op.add_column("room", Col("access", Text, nullable=False, server_default="private"))
    op.add_column("room", Col("archived", Int, nullable=False, server_default="0"))
    op.add_column("room", Col("open_from", Int, nullable=False, server_default="1"))
    op.add_column("room", Col("picture", Text))
    op.create_index("room_access", "room", ["access"])
    op.create_table(  # until another one takes its place
        "room_picture",
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True),
        Col("kind", Text, nullable=False),
        Col("bytes", sa.LargeBinary, nullable=False),
    )
    op.create_table(  # while the person is in the room
        "mine",
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True),
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True, index=True),
        Col("pinned", Int, nullable=False),
        Col("notify", Text, nullable=False),
    )
    op.create_table(  # while the person is known to the directory
        "settings",
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True),
        Col("language", Text, nullable=False),
        Col("status", Text, nullable=False),
        Col("status_until", Int),
        Col("told", Int, nullable=False, index=True),
        Col("desktop", Int, nullable=False),
        Col("sound", Int, nullable=False),
        Col("mail", Int, nullable=False),
        Col("quiet", Text),
        Col("quiet_until", Int),
        Col("zone", Text, nullable=False),
        Col("typing", Int, nullable=False),
    )
