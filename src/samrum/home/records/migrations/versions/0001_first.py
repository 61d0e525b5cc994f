"""The records database. Each table says its retention.

`message.id` and `body`'s row number are the room's number times 2^28 plus the position, so that a room's messages lie together.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Text, Int, Col = sa.Text, sa.BigInteger, sa.Column


def upgrade() -> None:
    """Makes all tables."""
    op.create_table(  # how far relay's log and read positions are here, and how far the log is in the index
        "progress",
        Col("one", sa.Integer, primary_key=True),
        Col("mirrored", Int, nullable=False),
        Col("reads", Int, nullable=False),
        Col("indexed", Int, nullable=False),
        Col("stored", Int, nullable=False),
        Col("done", Int, nullable=False),
        Col("removed", Int, nullable=False),
    )
    op.execute(
        "INSERT INTO progress (one, mirrored, reads, indexed, stored, done, removed) VALUES (1, 0, 0, 0, 0, 0, 0)"
    )
    op.create_table(  # kept with the room: short numbers for rooms
        "room_number", Col("number", sa.Integer, primary_key=True), Col("room", Text, nullable=False, unique=True)
    )
    op.create_table(  # kept while the person has written anything: short numbers for pseudonyms
        "person_number", Col("number", sa.Integer, primary_key=True), Col("pid", Text, nullable=False, unique=True)
    )
    op.create_table(  # relay's log as it is, sealed: until the message is purged
        "mirror",
        Col("n", sa.Integer, primary_key=True),
        Col("room", Int, nullable=False),
        Col("pos", Int, nullable=False),
        Col("env", sa.LargeBinary, nullable=False),
        Col("at", Int, nullable=False),
    )
    op.create_index("mirror_room", "mirror", ["room", "pos"], unique=True)
    op.create_table(  # until the message is purged: what was opened, without its text
        "message",
        Col("id", sa.Integer, primary_key=True),
        Col("n", Int, nullable=False),
        Col("edit", Int),
        Col("msg", sa.LargeBinary, nullable=False, unique=True),
        Col("person", Int, nullable=False),
        Col("at", Int, nullable=False),
        Col("epoch", Int, nullable=False),
        Col("kind", Int, nullable=False),
        Col("thread", sa.LargeBinary),
        Col("has", Int, nullable=False),
        Col("everyone", Int, nullable=False),
        Col("word", Text),
        Col("deleted", Int, nullable=False),
    )
    op.execute(  # until the message is purged, deleted or edited
        "CREATE TABLE mention (person INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (person, id)) WITHOUT ROWID"
    )
    op.create_index("mention_id", "mention", ["id"])
    op.create_index("message_everyone", "message", ["id"], sqlite_where=sa.text("everyone = 1"))
    op.execute(  # until the person leaves the directory
        "CREATE TABLE read_position (room INTEGER NOT NULL, person INTEGER NOT NULL, pos INTEGER NOT NULL, "
        "PRIMARY KEY (room, person)) WITHOUT ROWID"
    )
    op.execute(  # kept with the room: the last number of each device in each room, so that nothing counts twice
        "CREATE TABLE sequence (room INTEGER NOT NULL, dev BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (room, dev)) "
        "WITHOUT ROWID"
    )
    op.create_table(  # until the envelope is purged: what was not opened, and why
        "skipped", Col("n", sa.Integer, primary_key=True), Col("cause", Text, nullable=False, index=True)
    )
    op.create_table(  # while any message has the word
        "vocabulary",
        Col("id", sa.Integer, primary_key=True),
        Col("word", Text, nullable=False, unique=True),
        Col("plain", Text, nullable=False, index=True),
        Col("sv", Text, nullable=False, index=True),
        Col("en", Text, nullable=False, index=True),
        Col("de", Text, nullable=False, index=True),
        Col("messages", Int, nullable=False),
    )
    op.execute(  # of `vocabulary`: three letters in a row
        "CREATE VIRTUAL TABLE part USING fts5(plain, content='vocabulary', content_rowid='id', tokenize='trigram', detail='none')"
    )
    op.execute(  # of `message`: its words in order, as numbers of `vocabulary`; until it is deleted, edited or purged
        "CREATE VIRTUAL TABLE body USING fts5(words, tokenize='ascii', columnsize=0)"
    )
