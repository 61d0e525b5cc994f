"""How many words a message has, so that ranking need not read them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Counts them for the messages that are here."""
    op.add_column("message", sa.Column("length", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(
        "UPDATE message SET length = (SELECT LENGTH(words) - LENGTH(REPLACE(words, ' ', '')) + 1 FROM body "
        "WHERE body.rowid = message.id) WHERE id IN (SELECT rowid FROM body)"
    )
