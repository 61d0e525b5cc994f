"""Missed-activity mail: people's addresses, what may be missed, last letters, letters on their way."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

Text, Int, Col = sa.Text, sa.BigInteger, sa.Column


def upgrade() -> None:
    """Nobody has an address until the directory file is read again, at the next start."""
    op.add_column("person", Col("mail", Text, nullable=False, server_default=""))
    op.create_table(  # how far home's records were read
        "mail_cursor",
        Col("one", sa.Integer, primary_key=True),
        Col("cursor", Int, nullable=False),
    )
    op.execute("INSERT INTO mail_cursor (one, cursor) VALUES (1, 0)")
    op.create_table(  # three days at most: until read, in a letter, or gone
        "mail_waiting",
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True),
        Col("room", Text, primary_key=True),
        Col("pos", Int, primary_key=True),
        Col("at", Int, nullable=False, index=True),
        Col("why", Text, nullable=False),
        Col("author", Text, nullable=False),
    )
    op.create_table(  # while the person is known: the last letter
        "mail_person",
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True),
        Col("last", Int, nullable=False),
        Col("unheard", Int, nullable=False),
        Col("told", Text, nullable=False),
        Col("due", Int, nullable=False),
    )
    op.create_table(  # a day at most: until sent
        "mail_letter",
        Col("pid", Text, sa.ForeignKey("person.pid"), primary_key=True),
        Col("message_id", Text, nullable=False),
        Col("rooms", Text, nullable=False),
        Col("letter", sa.LargeBinary, nullable=False),
        Col("made", Int, nullable=False),
        Col("tries", Int, nullable=False),
        Col("unsure", Int, nullable=False),
        Col("due", Int, nullable=False),
    )
