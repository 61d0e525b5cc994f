"""Files: objects, their parts in the bucket, and which messages link them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "objects",
        sa.Column("object", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("pid", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("have", sa.BigInteger, nullable=False),
        sa.Column("linked", sa.Boolean, nullable=False),
        sa.Column("touched", sa.BigInteger, nullable=False),
    )
    op.create_index("objects_waiting", "objects", ["linked", "touched"])
    op.create_index("objects_of_pid", "objects", ["pid", "linked"])
    op.create_table(
        "object_parts",
        sa.Column("object", sa.Text, sa.ForeignKey("objects.object"), primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "object_links",
        sa.Column("object", sa.Text, sa.ForeignKey("objects.object"), primary_key=True),
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), primary_key=True),
        sa.Column("msg_id", sa.Text, primary_key=True),
    )
    op.create_index("object_links_of_message", "object_links", ["msg_id"])
