"""Blocks and reports, incoming webhooks with people that are integrations, exports of one's own data."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Text, Int, Col = sa.Text, sa.BigInteger, sa.Column


def upgrade() -> None:
    """Everybody of before is a human."""
    op.add_column("person", Col("integration", Int, nullable=False, server_default="0"))
    op.create_table(  # until somebody lifts it
        "block",
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True),
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True),
        Col("by", Text, nullable=False),
        Col("at", Int, nullable=False),
    )
    op.create_table(  # a year after it was closed
        "report",
        Col("id", sa.Integer, primary_key=True),
        Col("room", Text, sa.ForeignKey("room.room"), nullable=False, index=True),
        Col("msg", Text, nullable=False),
        Col("author", Text, nullable=False),
        Col("reporter", Text, nullable=False, index=True),
        Col("reason", Text, nullable=False),
        Col("words", Text, nullable=False),
        Col("text", Text, nullable=False),
        Col("level", Text, nullable=False),
        Col("at", Int, nullable=False),
        Col("closed", Int, index=True),
        Col("closed_by", Text),
        Col("outcome", Text),
        Col("answer", Text, nullable=False, server_default=""),
        sa.UniqueConstraint("room", "msg", "reporter"),
        sqlite_autoincrement=True,
    )
    op.create_table(  # until it is removed; its person stays for old messages
        "hook",
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True),
        Col("room", Text, sa.ForeignKey("room.room"), nullable=False, index=True),
        Col("token", Text, nullable=False, unique=True),  # SHA-256 in hex
        Col("by", Text, nullable=False),
        Col("created", Int, nullable=False),
        Col("used", Int),
        Col("dev", Text),
        Col("seq", Int, nullable=False, server_default="0"),
    )
    op.create_table(  # until relay has it
        "hook_message",
        Col("id", sa.Integer, primary_key=True),
        Col("pid", Text, sa.ForeignKey("hook.pid"), nullable=False, index=True),
        Col("msg", Text, nullable=False),
        Col("text", Text, nullable=False),
        Col("at", Int, nullable=False),
        Col("tries", Int, nullable=False),
        Col("due", Int, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(  # 24 hours after it was made
        "export",
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True),
        Col("session", Text, nullable=False),
        Col("state", Text, nullable=False),
        Col("done", Int, nullable=False),
        Col("total", Int, nullable=False),
        Col("made", Int, nullable=False),
        Col("file", Text, nullable=False),
        Col("size", Int, nullable=False),
    )
