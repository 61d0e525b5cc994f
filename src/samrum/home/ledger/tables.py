"""SQL of the ledger."""

from collections.abc import Sequence

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.home_api import LedgerEntry

_LAST = sa.text("SELECT n, head FROM ledger ORDER BY n DESC LIMIT 1")
_ADD = sa.text("INSERT INTO ledger (n, line, head) VALUES (:n, :line, :head)")
_AFTER = sa.text("SELECT n, line, head FROM ledger WHERE n > :after ORDER BY n LIMIT :limit")
_HEAD = sa.text("SELECT n, jws, witnessed FROM ledger_head")
_SIGNED = sa.text("UPDATE ledger_head SET n = :n, jws = :jws")
_WITNESSED = sa.text("UPDATE ledger_head SET witnessed = :n WHERE witnessed < :n")
_CLIENT = sa.text('SELECT line FROM ledger WHERE line LIKE \'{"kind":"client"%\' ORDER BY n DESC LIMIT 1')


def last(tx: Tx) -> tuple[int, str | None]:
    """Number and head of the newest entry; 0 and nothing at first."""
    row = tx.execute(_LAST).first()
    return (row.n, row.head) if row else (0, None)


def add(tx: Tx, n: int, line: str, head: str) -> None:
    """Appends one entry."""
    tx.execute(_ADD, {"n": n, "line": line, "head": head})


def after(tx: Tx, n: int, limit: int) -> list[LedgerEntry]:
    """Up to `limit` entries after the `n`-th."""
    return [LedgerEntry(n=row.n, line=row.line) for row in tx.execute(_AFTER, {"after": n, "limit": limit})]


def heads_after(tx: Tx, n: int, limit: int) -> Sequence[tuple[int, str, str]]:
    """`(n, line, head)` after the `n`-th entry."""
    return [(row.n, row.line, row.head) for row in tx.execute(_AFTER, {"after": n, "limit": limit})]


def head(tx: Tx) -> tuple[int, str | None, int]:
    """The newest signed head: its number and statement, and the number that relay has witnessed."""
    row = tx.execute(_HEAD).one()
    return row.n, row.jws, row.witnessed


def signed(tx: Tx, n: int, jws: str) -> None:
    """Keeps a newly signed head."""
    tx.execute(_SIGNED, {"n": n, "jws": jws})


def witnessed(tx: Tx, n: int) -> None:
    """Relay has the head after entry `n`."""
    tx.execute(_WITNESSED, {"n": n})


def client(tx: Tx) -> str | None:
    """The line of the newest entry about the web client."""
    row = tx.execute(_CLIENT).first()
    return row.line if row else None
