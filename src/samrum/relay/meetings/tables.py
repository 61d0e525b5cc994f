"""All SQL of calls and joins."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from samrum.plumbing.transactions import Tx
from samrum.relay.schema import calls, joins
from samrum.wire.ids import CallId, Dev, Pid, RoomId, TenantId

Row = sa.Row[Any]


def all_calls(tx: Tx) -> list[Row]:
    """`(call, tenant, room)` of every call."""
    return list(tx.execute(sa.select(calls)))


def all_joins(tx: Tx) -> list[Row]:
    """`(call, pid, dev, at)` of every join."""
    return list(tx.execute(sa.select(joins)))


def call_of(tx: Tx, room: RoomId) -> CallId | None:
    """The room's call."""
    found: CallId | None = tx.scalar(sa.select(calls.c.call).where(calls.c.room == room))
    return found


def put_call(tx: Tx, call: CallId, tenant: TenantId, room: RoomId) -> None:
    """Opens a call."""
    tx.execute(sa.insert(calls), {"call": call, "tenant": tenant, "room": room})


def put_join(tx: Tx, call: CallId, pid: Pid, dev: Dev, at: int) -> None:
    """A device may be in the call."""
    put = insert(joins)
    tx.execute(
        put.on_conflict_do_update(index_elements=["call", "pid", "dev"], set_={"at": put.excluded.at}),
        {"call": call, "pid": pid, "dev": dev, "at": at},
    )


def remove_joins(tx: Tx, call: CallId, devices: list[tuple[Pid, Dev]]) -> None:
    """These devices may no longer be in the call."""
    for pid, dev in devices:
        tx.execute(sa.delete(joins).where(joins.c.call == call, joins.c.pid == pid, joins.c.dev == dev))


def last_join(tx: Tx, call: CallId) -> int:
    """When somebody joined last."""
    return tx.scalar(sa.select(sa.func.max(joins.c.at)).where(joins.c.call == call)) or 0


def remove_call(tx: Tx, call: CallId) -> None:
    """Ends a call."""
    tx.execute(sa.delete(joins).where(joins.c.call == call))
    tx.execute(sa.delete(calls).where(calls.c.call == call))
