"""All SQL of revocations and ledger heads."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from samrum.plumbing.transactions import Prepared, Tx
from samrum.relay.schema import heads, revocations
from samrum.wire.ids import Dev, Pid, TenantId
from samrum.wire.statements import Head, Revoke

KEPT_SECONDS: Final = 3600
"""How long a revocation is kept after its end."""

_REVOKED = Prepared(  # asked by every connection
    sa.select(revocations.c.until).where(
        revocations.c.tenant == sa.bindparam("tenant"),
        revocations.c.pid == sa.bindparam("pid"),
        sa.or_(revocations.c.dev == sa.bindparam("dev"), revocations.c.dev == ""),
        revocations.c.until > sa.bindparam("now"),
    )
)


def put_revocation(tx: Tx, revoke: Revoke) -> None:
    """Remembers a revocation; a later one may only lengthen it."""
    put = insert(revocations)
    tx.execute(
        put.on_conflict_do_update(
            index_elements=["tenant", "pid", "dev"],
            set_={"until": sa.func.max(revocations.c.until, put.excluded.until)},
        ),
        {"tenant": revoke.tenant, "pid": revoke.pid, "dev": revoke.dev or "", "until": revoke.until},
    )


def forget_revocations(tx: Tx, now: float) -> None:
    """Drops those that are long over: a clock that was ahead for a while must not let a device in again."""
    tx.execute(sa.delete(revocations).where(revocations.c.until < int(now) - KEPT_SECONDS))


def is_revoked(tx: Tx, tenant: TenantId, pid: Pid, dev: Dev, now: float) -> bool:
    """Whether the device, or all of the pseudonym, is revoked now."""
    return _REVOKED.row(tx, {"tenant": tenant, "pid": pid, "dev": dev, "now": now}) is not None


def head(tx: Tx, tenant: TenantId) -> sa.Row[Any] | None:
    """`(n, head, jws)` of the last accepted ledger head."""
    return tx.execute(sa.select(heads).where(heads.c.tenant == tenant)).first()


def put_head(tx: Tx, head: Head, jws: str) -> None:
    """Remembers the newest head."""
    put = insert(heads)
    tx.execute(
        put.on_conflict_do_update(
            index_elements=["tenant"],
            set_={"n": put.excluded.n, "head": put.excluded.head, "jws": put.excluded.jws},
        ),
        {"tenant": head.tenant, "n": head.n, "head": head.head, "jws": jws},
    )
