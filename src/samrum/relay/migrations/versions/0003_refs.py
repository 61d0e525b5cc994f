"""Messages know what they refer to and which thread they are in; read positions know when they moved."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table anew, so that the new columns stand before the long one; SQLite adds columns only behind."""
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
        sa.Column("thread", sa.LargeBinary),
        sa.Column("ref", sa.LargeBinary),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    # Where `thread` and `ref` stand in an envelope, counted from 1; 16 zero bytes are none.
    op.execute(
        "INSERT INTO messages (n, room, pos, msg_id, pid, dev, kind, thread, ref, envelope) "
        "SELECT n, room, pos, msg_id, pid, dev, kind, nullif(substr(envelope, 115, 16), zeroblob(16)), "
        "nullif(substr(envelope, 131, 16), zeroblob(16)), envelope FROM messages_before ORDER BY n"
    )
    # A number that was given is never given again, though its message may be gone.
    op.execute(
        "UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'messages_before') "
        "WHERE name = 'messages' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'messages_before')"
    )
    op.drop_table("messages_before")
    op.create_index("messages_place", "messages", ["room", "pos"], unique=True)
    op.create_index("messages_msg_id", "messages", ["msg_id"], unique=True)
    op.create_index(
        "messages_thread", "messages", ["room", "thread", "pos"], sqlite_where=sa.text("thread IS NOT NULL")
    )
    op.create_index("messages_ref", "messages", ["room", "ref", "pos"], sqlite_where=sa.text("ref IS NOT NULL"))
    op.create_index("messages_ref_pid", "messages", ["ref", "pid", "kind"], sqlite_where=sa.text("ref IS NOT NULL"))
    op.add_column("reads", sa.Column("n", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE reads SET n = rowid")
    op.create_index("reads_n", "reads", ["n"])
