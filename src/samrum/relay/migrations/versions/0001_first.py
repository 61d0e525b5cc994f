"""The first schema.

Written out, not taken from `schema.py`: a migration must not change when the schema does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _room() -> sa.Column[str]:
    return sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), primary_key=True)


def upgrade() -> None:
    """Makes all tables."""
    op.create_table(
        "rooms",
        sa.Column("room", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("kc", sa.Text, nullable=False),
        sa.Column("earlier_key_id", sa.Text),
        sa.Column("earlier_until", sa.Integer),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("history", sa.Text, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("pos", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "rosters",
        _room(),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("jws", sa.Text, nullable=False),
    )
    op.create_table(
        "members",
        _room(),
        sa.Column("pid", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger),
    )
    op.create_index("members_of_pid", "members", ["pid"])
    op.create_table(
        "messages",
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), nullable=False),
        sa.Column("pos", sa.BigInteger, nullable=False),
        sa.Column("msg_id", sa.Text, nullable=False),
        sa.Column("pid", sa.Text, nullable=False),
        sa.Column("dev", sa.Text, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
    )
    op.create_index("messages_place", "messages", ["room", "pos"], unique=True)
    op.create_index("messages_msg_id", "messages", ["msg_id"], unique=True)
    op.create_table(
        "sequences",
        _room(),
        sa.Column("dev", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("pos", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "reads",
        _room(),
        sa.Column("pid", sa.Text, primary_key=True),
        sa.Column("pos", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "revocations",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("pid", sa.Text, primary_key=True),
        sa.Column("dev", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "heads",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
    )
    op.create_table(
        "calls",
        sa.Column("call", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), nullable=False, unique=True),
    )
    op.create_table(
        "joins",
        sa.Column("call", sa.Text, sa.ForeignKey("calls.call"), primary_key=True),
        sa.Column("pid", sa.Text, primary_key=True),
        sa.Column("dev", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "outs",
        _room(),
        sa.Column("pid", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
