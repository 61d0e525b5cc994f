"""SQL of devices, their certificates and used proofs."""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire import home_api
from samrum.wire.ids import Dev, Pid

_GET = sa.text("SELECT dev, pid, x, label, persistent, created, seen, revoked FROM device WHERE dev = :dev")
_ADD = sa.text(
    "INSERT INTO device (dev, pid, x, label, persistent, created, seen) "
    "VALUES (:dev, :pid, :x, :label, :persistent, :created, :seen)"
)
_CHANGE = sa.text("UPDATE device SET label = :label, persistent = :persistent, seen = :now WHERE dev = :dev")
_SEEN = sa.text("UPDATE device SET seen = :now WHERE dev = :dev")
_REVOKE = sa.text("UPDATE device SET revoked = :now WHERE dev = :dev AND revoked IS NULL")
_OF_PERSON = sa.text(
    "SELECT dev, label, created, seen, persistent, revoked FROM device WHERE pid = :pid ORDER BY seen DESC, dev"
)
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


def of_person(tx: Tx, pid: Pid) -> list[home_api.Device]:
    """A person's devices, last used first."""
    return [
        home_api.Device(
            dev=row.dev,
            label=row.label,
            created=row.created,
            seen=row.seen,
            persistent=bool(row.persistent),
            revoked=row.revoked is not None,
        )
        for row in tx.execute(_OF_PERSON, {"pid": pid})
    ]


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
