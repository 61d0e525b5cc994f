"""All of relay's tables. Ids are in text form, times whole seconds since 1970.

`info["keep"]` says how long rows stay. The migrations make exactly this; a test compares them.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

rooms = sa.Table(
    "rooms",
    metadata,
    sa.Column("room", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("head", sa.Text, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("kc", sa.Text, nullable=False),
    # The previous epoch's key, accepted until then: only after a change that did nothing but add.
    sa.Column("earlier_key_id", sa.Text),
    sa.Column("earlier_until", sa.Integer),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("history", sa.Text, nullable=False),
    sa.Column("post", sa.Text, nullable=False),
    sa.Column("pos", sa.BigInteger, nullable=False),
    info={"keep": "as long as the room"},
)

rosters = sa.Table(
    "rosters",
    metadata,
    sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("jws", sa.Text, nullable=False),
    info={"keep": "as long as the room"},
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), primary_key=True),
    sa.Column("pid", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger),
    sa.Index("members_of_pid", "pid"),
    info={"keep": "as long as the membership"},
)

messages = sa.Table(
    "messages",
    metadata,
    # In commit order over all rooms, and never given twice: home reads the log by it.
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), nullable=False),
    sa.Column("pos", sa.BigInteger, nullable=False),
    sa.Column("msg_id", sa.Text, nullable=False),
    sa.Column("pid", sa.Text, nullable=False),
    sa.Column("dev", sa.Text, nullable=False),
    sa.Column("kind", sa.Integer, nullable=False),
    # Ids as in the envelope; none: NULL.
    sa.Column("thread", sa.LargeBinary),
    sa.Column("ref", sa.LargeBinary),
    sa.Column("envelope", sa.LargeBinary, nullable=False),
    # Not the primary key: SQLite keeps long rows best in a table of its own order.
    sa.Index("messages_place", "room", "pos", unique=True),
    sa.Index("messages_msg_id", "msg_id", unique=True),
    # Plain messages stand in none of these.
    sa.Index("messages_thread", "room", "thread", "pos", sqlite_where=sa.text("thread IS NOT NULL")),
    sa.Index("messages_ref", "room", "ref", "pos", sqlite_where=sa.text("ref IS NOT NULL")),
    sa.Index("messages_ref_pid", "ref", "pid", "kind", sqlite_where=sa.text("ref IS NOT NULL")),
    sqlite_autoincrement=True,
    info={"keep": "until home orders the purge"},
)

sequences = sa.Table(
    "sequences",
    metadata,
    sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), primary_key=True),
    sa.Column("dev", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("pos", sa.BigInteger, nullable=False),
    info={"keep": "as long as the room"},
)

reads = sa.Table(
    "reads",
    metadata,
    sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), primary_key=True),
    sa.Column("pid", sa.Text, primary_key=True),
    sa.Column("pos", sa.BigInteger, nullable=False),
    # When it moved last, in the order of all: home reads them by it.
    sa.Column("n", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("reads_n", "n"),
    info={"keep": "as long as the room"},
)

revocations = sa.Table(
    "revocations",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("pid", sa.Text, primary_key=True),
    sa.Column("dev", sa.Text, primary_key=True),  # "": all of the pseudonym
    sa.Column("until", sa.BigInteger, nullable=False),
    info={"keep": "until `until`"},
)

heads = sa.Table(
    "heads",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("head", sa.Text, nullable=False),
    sa.Column("jws", sa.Text, nullable=False),
    info={"keep": "the last one a tenant"},
)

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("call", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), nullable=False, unique=True),
    info={"keep": "as long as the meeting runs"},
)

joins = sa.Table(
    "joins",
    metadata,
    sa.Column("call", sa.Text, sa.ForeignKey("calls.call"), primary_key=True),
    sa.Column("pid", sa.Text, primary_key=True),
    sa.Column("dev", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    info={"keep": "as long as the meeting runs"},
)

outs = sa.Table(
    "outs",
    metadata,
    sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), primary_key=True),
    sa.Column("pid", sa.Text, primary_key=True),
    sa.Column("until", sa.BigInteger, nullable=False),
    info={"keep": "until `until`"},
)

objects = sa.Table(
    "objects",
    metadata,
    sa.Column("object", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("pid", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("have", sa.BigInteger, nullable=False),
    sa.Column("linked", sa.Boolean, nullable=False),
    sa.Column("touched", sa.BigInteger, nullable=False),
    sa.Index("objects_waiting", "linked", "touched"),
    sa.Index("objects_of_pid", "pid", "linked"),
    info={"keep": "as long as a message links it; 24 hours after the last bytes while none does"},
)

object_parts = sa.Table(
    "object_parts",
    metadata,
    sa.Column("object", sa.Text, sa.ForeignKey("objects.object"), primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    # What it is called in the bucket.
    sa.Column("name", sa.Text, nullable=False, unique=True),
    info={"keep": "as long as the object"},
)

object_links = sa.Table(
    "object_links",
    metadata,
    sa.Column("object", sa.Text, sa.ForeignKey("objects.object"), primary_key=True),
    sa.Column("room", sa.Text, sa.ForeignKey("rooms.room"), primary_key=True),
    sa.Column("msg_id", sa.Text, primary_key=True),
    sa.Index("object_links_of_message", "msg_id"),
    info={"keep": "until home orders the purge of the message"},
)
