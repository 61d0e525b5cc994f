"""SQL of devices, their certificates and used proofs.

`device.known` is the older device that said that it was the person, empty where there was none to ask, NULL while nobody has answered.
`device.former` is when it left its person's list.
"""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Dev, Pid

_GET = sa.text(
    "SELECT dev, pid, x, label, persistent, created, seen, revoked, lost, known FROM device WHERE dev = :dev"
)
_ADD = sa.text(
    "INSERT INTO device (dev, pid, x, label, persistent, created, seen, known) "
    "VALUES (:dev, :pid, :x, :label, :persistent, :created, :seen, :known)"
)
_CHANGE = sa.text("UPDATE device SET label = :label, persistent = :persistent, seen = :now WHERE dev = :dev")
_SEEN = sa.text("UPDATE device SET seen = :now WHERE dev = :dev")
_REVOKE = sa.text("UPDATE device SET revoked = :now WHERE dev = :dev AND revoked IS NULL")
_LOSE = sa.text("UPDATE device SET lost = :now WHERE dev = :dev AND lost IS NULL")
_KNOW = sa.text("UPDATE device SET known = :by WHERE dev = :dev AND known IS NULL")
_UNKNOW = sa.text("UPDATE device SET known = NULL WHERE known = :by")
_LISTED = (
    "SELECT dev, label, created, seen, persistent, revoked, lost, known, "
    "(SELECT MAX(exp) FROM cert WHERE cert.dev = device.dev) AS ends FROM device WHERE former IS NULL"
)
_OF_PERSON = sa.text(f"{_LISTED} AND pid = :pid ORDER BY seen DESC, dev")
_FORMER = sa.text("SELECT dev FROM device WHERE pid = :pid AND former IS NOT NULL ORDER BY created, dev")
_OVER = sa.text(
    f"SELECT dev, pid, revoked FROM ({_LISTED.replace('SELECT dev', 'SELECT pid, dev', 1)}) AS one "  # noqa: S608  constants
    "WHERE COALESCE(revoked, ends) <= :before LIMIT :limit"
)
_LEAVE = sa.text("UPDATE device SET former = :now, label = '' WHERE dev = :dev")
_ADD_CERT = sa.text("INSERT INTO cert (dev, iat, exp, persistent, jws) VALUES (:dev, :iat, :exp, :persistent, :jws)")
_LAST_CERT = sa.text("SELECT jws, iat, exp, persistent FROM cert WHERE dev = :dev ORDER BY iat DESC LIMIT 1")
_CERTS = sa.text("SELECT dev, jws FROM cert WHERE dev IN :devs ORDER BY dev, iat").bindparams(
    sa.bindparam("devs", expanding=True)
)
_USE_PROOF = sa.text("INSERT INTO proof (dev, jti, until) VALUES (:dev, :jti, :until) ON CONFLICT DO NOTHING")
_EXPIRE_PROOFS = sa.text("DELETE FROM proof WHERE until <= :now")


class Row(NamedTuple):
    """One device."""

    dev: Dev
    pid: Pid
    x: str
    label: str
    persistent: int
    created: int
    seen: int
    revoked: int | None
    lost: int | None
    known: Dev | str | None


class Listed(NamedTuple):
    """One device of a person's list."""

    dev: Dev
    label: str
    created: int
    seen: int
    persistent: int
    revoked: int | None
    lost: int | None
    known: str | None
    ends: int

    def over_since(self, now: int) -> int | None:
        """When it ended or its certificate did; `None` while it is signed in."""
        return self.revoked or (self.ends if self.ends <= now else None)


class CertRow(NamedTuple):
    """One certificate."""

    jws: str
    iat: int
    exp: int
    persistent: int


def get(tx: Tx, dev: Dev) -> Row | None:
    """The device, whoever's it is."""
    row = tx.execute(_GET, {"dev": dev}).first()
    return Row(*row) if row else None


def add(tx: Tx, row: Row) -> None:
    """A new device."""
    tx.execute(_ADD, row._asdict())


def change(tx: Tx, dev: Dev, label: str, persistent: bool, now: int) -> None:
    """The device started again."""
    tx.execute(_CHANGE, {"dev": dev, "label": label, "persistent": int(persistent), "now": now})


def seen(tx: Tx, dev: Dev, now: int) -> None:
    """The device was here."""
    tx.execute(_SEEN, {"dev": dev, "now": now})


def revoke(tx: Tx, dev: Dev, now: int) -> bool:
    """The device is no longer believed; false if it was not before."""
    return tx.execute(_REVOKE, {"dev": dev, "now": now}).rowcount == 1


def lose(tx: Tx, dev: Dev, now: int) -> bool:
    """The device is reported lost; false if it was before."""
    return tx.execute(_LOSE, {"dev": dev, "now": now}).rowcount == 1


def know(tx: Tx, dev: Dev, by: Dev) -> bool:
    """`by` answers for the device; false if that was answered before."""
    return tx.execute(_KNOW, {"dev": dev, "by": by}).rowcount == 1


def unknow(tx: Tx, by: Dev) -> None:
    """What `by` answered for is asked again."""
    tx.execute(_UNKNOW, {"by": by})


def of_person(tx: Tx, pid: Pid) -> list[Listed]:
    """A person's list of devices, last used first."""
    return [Listed(*row) for row in tx.execute(_OF_PERSON, {"pid": pid})]


def former(tx: Tx, pid: Pid) -> list[Dev]:
    """A person's devices that have left the list."""
    return [row.dev for row in tx.execute(_FORMER, {"pid": pid})]


def over(tx: Tx, before: int, limit: int) -> list[tuple[Dev, Pid, int | None]]:
    """Listed devices that ended, or whose certificate did, at `before` or earlier: `(dev, pid, revoked)`."""
    return [(row.dev, row.pid, row.revoked) for row in tx.execute(_OVER, {"before": before, "limit": limit})]


def leave(tx: Tx, dev: Dev, now: int) -> None:
    """The device leaves its person's list, and what it was called is forgotten."""
    tx.execute(_LEAVE, {"dev": dev, "now": now})


def add_cert(tx: Tx, dev: Dev, cert: CertRow) -> None:
    """Keeps a certificate."""
    tx.execute(_ADD_CERT, {"dev": dev, **cert._asdict()})


def last_cert(tx: Tx, dev: Dev) -> CertRow | None:
    """The device's newest certificate."""
    row = tx.execute(_LAST_CERT, {"dev": dev}).first()
    return CertRow(*row) if row else None


def certs(tx: Tx, devs: Iterable[Dev]) -> dict[Dev, list[str]]:
    """All certificates of these devices, oldest first."""
    found: dict[Dev, list[str]] = {}
    for row in tx.execute(_CERTS, {"devs": list(devs)}):
        found.setdefault(row.dev, []).append(row.jws)
    return found


def use_proof(tx: Tx, dev: Dev, jti: str, until: int) -> bool:
    """Remembers a proof until it is stale; false if it was used before."""
    return tx.execute(_USE_PROOF, {"dev": dev, "jti": jti, "until": until}).rowcount == 1


def expire_proofs(tx: Tx, now: int) -> None:
    """Forgets proofs that are stale by themselves."""
    tx.execute(_EXPIRE_PROOFS, {"now": now})
