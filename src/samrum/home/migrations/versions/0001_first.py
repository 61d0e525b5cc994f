"""The first schema. Each table says its retention."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Text, Int, Col = sa.Text, sa.BigInteger, sa.Column


def upgrade() -> None:
    """Makes all tables."""
    op.create_table(  # kept while the person is known to the directory; a disabled person's name stays for old messages
        "person",
        Col("pid", Text, primary_key=True),
        Col("login", Text, nullable=False, unique=True),
        Col("name", Text, nullable=False),
        Col("department", Text, nullable=False),
        Col("title", Text, nullable=False),
        Col("hash", Text, nullable=False),
        Col("may", Text, nullable=False),
        Col("folded", Text, nullable=False),
        Col("disabled", Int, nullable=False),
    )
    op.create_table(  # until sign-out, 12 h idle or 30 days
        "session",
        Col("hash", Text, primary_key=True),
        Col("pid", Text, sa.ForeignKey("person.pid"), nullable=False, index=True),
        Col("created", Int, nullable=False),
        Col("seen", Int, nullable=False),
        Col("ends", Int, nullable=False),
        Col("dev", Text, index=True),
    )
    op.create_table(  # kept: old signatures verify with it
        "device",
        Col("dev", Text, primary_key=True),
        Col("pid", Text, sa.ForeignKey("person.pid"), nullable=False, index=True),
        Col("x", Text, nullable=False),
        Col("label", Text, nullable=False),
        Col("persistent", Int, nullable=False),
        Col("created", Int, nullable=False),
        Col("seen", Int, nullable=False),
        Col("revoked", Int),
    )
    op.create_table(  # kept: old signatures verify with it
        "cert",
        Col("dev", Text, sa.ForeignKey("device.dev"), primary_key=True),
        Col("iat", Int, primary_key=True),
        Col("exp", Int, nullable=False),
        Col("persistent", Int, nullable=False),
        Col("jws", Text, nullable=False),
    )
    op.create_table(  # two minutes: proofs that were used
        "proof",
        Col("dev", Text, primary_key=True),
        Col("jti", Text, primary_key=True),
        Col("until", Int, nullable=False, index=True),
    )
    op.create_table(  # kept until the room is purged
        "room",
        Col("room", Text, primary_key=True),
        Col("kind", Text, nullable=False),
        Col("title", Text, nullable=False),
        Col("history", Text, nullable=False),
        Col("post", Text, nullable=False),
        Col("retention", Text, nullable=False),
        Col("creator", Text, nullable=False),
        Col("pair", Text, unique=True),
        Col("version", Int, nullable=False),
        Col("head", Text, nullable=False),
        Col("delivered", Int, nullable=False),
        Col("epoch", Int, nullable=False, index=True),
        Col("changed", Int, nullable=False),
    )
    op.create_table(  # kept with the room: the signed chain
        "roster",
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True),
        Col("version", Int, primary_key=True),
        Col("jws", Text, nullable=False),
    )
    op.create_table(  # who is in the room now
        "member",
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True),
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True, index=True),
        Col("role", Text, nullable=False),
        Col("until", Int),
    )
    op.create_table(  # kept with the room: the intervals in which somebody is entitled to keys
        "membership",
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True),
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True, index=True),
        Col("from_version", Int, primary_key=True),
        Col("from_epoch", Int, nullable=False),
        Col("to_version", Int),
        Col("to_epoch", Int),
    )
    op.create_table(  # kept until its period key is destroyed
        "epoch_key",
        Col("room", Text, sa.ForeignKey("room.room"), primary_key=True),
        Col("epoch", Int, primary_key=True),
        Col("key_id", Text, nullable=False, unique=True),
        Col("kc", Text, nullable=False),
        Col("month", Text, nullable=False),
        Col("retention", Text, nullable=False),
        Col("wrapped", Text, nullable=False),
        Col("created", Int, nullable=False),
    )
    op.create_table(  # 30 days: how many keys were released, by room and hour; not to whom
        "released",
        Col("room", Text, primary_key=True),
        Col("hour", Int, primary_key=True, index=True),
        Col("count", Int, nullable=False),
    )
    op.create_table(  # the newest change a person, room and topic
        "event",
        Col("cursor", sa.Integer, primary_key=True),
        Col("pid", Text, nullable=False),
        Col("room", Text, nullable=False),
        Col("topic", Text, nullable=False),
        sa.UniqueConstraint("pid", "room", "topic"),
        sqlite_autoincrement=True,
    )
    op.create_index("event_room", "event", ["room"])
    op.create_table(  # until relay has it
        "outbox",
        Col("id", sa.Integer, primary_key=True),
        Col("lane", Text, nullable=False, index=True),
        Col("kind", Text, nullable=False),
        Col("target", Text, nullable=False),
        Col("version", Int, nullable=False),
        Col("body", Text, nullable=False),
        Col("tries", Int, nullable=False),
        Col("due", Int, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(  # for ever
        "ledger",
        Col("n", sa.Integer, primary_key=True),
        Col("line", Text, nullable=False),
        Col("head", Text, nullable=False),
    )
    op.create_table(  # the newest signed head, and how far relay has witnessed
        "ledger_head",
        Col("one", sa.Integer, primary_key=True),
        Col("n", Int, nullable=False),
        Col("jws", Text),
        Col("witnessed", Int, nullable=False),
    )
    op.execute("INSERT INTO ledger_head (one, n, witnessed) VALUES (1, 0, 0)")
    op.create_table(  # for ever: rooms of the directory file that were made
        "founding",
        Col("title", Text, primary_key=True),
        Col("room", Text, nullable=False),
    )
