"""Revocations and the ledger's witness."""

from samrum.plumbing.transactions import Tx
from samrum.relay.errors import Refusal
from samrum.relay.tenants import tables
from samrum.wire import ledger
from samrum.wire.codes import Code
from samrum.wire.ids import Dev, Pid, TenantId
from samrum.wire.statements import Head, Revoke


def revoke(tx: Tx, revocation: Revoke, now: float) -> Revoke:
    """Makes a revocation durable."""
    tables.forget_revocations(tx, now)
    tables.put_revocation(tx, revocation)
    return revocation


def access_device(tx: Tx, tenant: TenantId, pid: Pid, dev: Dev, now: float) -> None:
    """Raises `Refusal` if the device, or all of its pseudonym, is revoked."""
    if tables.is_revoked(tx, tenant, pid, dev, now):
        raise Refusal(Code.REVOKED)


def witness(tx: Tx, head: Head, statement: str, entries: list[str]) -> None:
    """Accepts a ledger head that follows from the last one by `entries`; raises `Refusal` with the number relay is at."""
    last = tables.head(tx, head.tenant)
    n, value = (last.n, last.head) if last else (0, ledger.FIRST)
    if last and last.jws == statement:
        return
    if head.n != n + len(entries) or head.head != ledger.extend(value, entries):
        raise Refusal(Code.BAD_HEAD, have=n)
    tables.put_head(tx, head, statement)


def last_head(tx: Tx, tenant: TenantId) -> str | None:
    """The last accepted head as home signed it."""
    row = tables.head(tx, tenant)
    return row.jws if row else None
