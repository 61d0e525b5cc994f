"""Pages of a tenant's log."""

from typing import Final

from samrum.plumbing.transactions import Tx
from samrum.relay.archive import tables
from samrum.wire.ids import TenantId
from samrum.wire.relay_api import MAX_LOG, LogPage, LogRow, Positions, ReadLog

PAGE_BYTES: Final = 8 * 1024 * 1024
"""Envelopes of one page; one that is larger by itself does not exist (64 KiB at most)."""
MAX_READS: Final = 5000
"""Read positions of one page."""
LOOKED_AT: Final = 100_000
"""Messages over which one answer about positions goes."""


def page(tx: Tx, tenant: TenantId, after: int, limit: int) -> LogPage:
    """The tenant's messages after a cursor, in commit order; `more` if others follow already."""
    rows: list[LogRow] = []
    most, size = max(1, min(limit, MAX_LOG)), 0
    for row in tables.after(tx, tenant, after, most + 1):
        size += len(row.envelope)
        if len(rows) == most or (rows and size > PAGE_BYTES):
            return LogPage(cursor=rows[-1].n, rows=rows, more=True)
        rows.append(LogRow(n=row.n, room=row.room, pos=row.pos, env=row.envelope))
    return LogPage(cursor=rows[-1].n if rows else after, rows=rows)


def positions(tx: Tx, tenant: TenantId, after: int) -> Positions:
    """The newest position of each of the tenant's rooms that got a message after a cursor."""
    last = tables.last(tx)
    upto = min(last, after + LOOKED_AT)
    return Positions(cursor=max(after, upto), rooms=tables.positions(tx, tenant, after, upto), more=upto < last)


def reads(tx: Tx, tenant: TenantId, after: int) -> ReadLog:
    """The tenant's read positions that moved after a cursor, in the order of their last move."""
    rows = tables.reads_after(tx, tenant, after, MAX_READS + 1)
    more, rows = len(rows) > MAX_READS, rows[:MAX_READS]
    return ReadLog(cursor=rows[-1][0] if rows else after, rows=[row[1:] for row in rows], more=more)
