"""Messages get a number in commit order, never given twice: home's cursor over the whole log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table anew with the rows in the order in which they were stored; SQLite cannot add a primary key."""
    op.rename_table("messages", "messages_before")
    op.create_table(
        "messages",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), nullable=False),
        sa.Column("pos", sa.BigInteger, nullable=False),
        sa.Column("msg_id", sa.Text, nullable=False),
        sa.Column("pid", sa.Text, nullable=False),
        sa.Column("dev", sa.Text, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO messages (room, pos, msg_id, pid, dev, kind, envelope) "
        "SELECT room, pos, msg_id, pid, dev, kind, envelope FROM messages_before ORDER BY rowid"
    )
    op.drop_table("messages_before")
    op.create_index("messages_place", "messages", ["room", "pos"], unique=True)
    op.create_index("messages_msg_id", "messages", ["msg_id"], unique=True)
