"""SQL of people."""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.home_api import BIG_ROOM, Person
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Role

_PERSON = "p.pid, p.name, p.department, p.title, p.integration, s.status, s.status_until"
_WITH = "person p LEFT JOIN settings s ON s.pid = p.pid"
_BY_LOGIN = sa.text("SELECT pid, hash FROM person WHERE login = :login AND disabled = 0 AND integration = 0")
_BY_PIDS = sa.text(f"SELECT {_PERSON} FROM {_WITH} WHERE p.pid IN :pids").bindparams(  # noqa: S608  constants
    sa.bindparam("pids", expanding=True)
)
_CANDIDATES = sa.text(
    f"SELECT {_PERSON}, login FROM {_WITH} WHERE disabled = 0 AND integration = 0 AND folded LIKE :first ESCAPE '!' "  # noqa: S608
    "AND folded LIKE :second ESCAPE '!'"
)
_ANY_HASH = sa.text("SELECT hash FROM person WHERE disabled = 0 AND integration = 0 LIMIT 1")
_ALL = sa.text(
    "SELECT pid, login, name, department, title, hash, may, folded, disabled, mail FROM person WHERE integration = 0"
)
_ADD = sa.text(
    "INSERT INTO person (pid, login, name, department, title, hash, may, folded, disabled, mail) "
    "VALUES (:pid, :login, :name, :department, :title, :hash, :may, :folded, 0, :mail)"
)
_CHANGE = sa.text(
    "UPDATE person SET name = :name, department = :department, title = :title, hash = :hash, may = :may, "
    "folded = :folded, mail = :mail, disabled = 0 WHERE login = :login"
)
_ADD_INTEGRATION = sa.text(
    "INSERT INTO person (pid, login, name, department, title, hash, may, folded, disabled, integration) "
    "VALUES (:pid, :pid, :name, '', '', '', '', :folded, 0, 1)"
)
_DISABLE = sa.text("UPDATE person SET disabled = 1, hash = '', mail = '' WHERE pid = :pid")
_ACTIVE = sa.text("SELECT pid FROM person WHERE disabled = 0 AND integration = 0 AND pid IN :pids").bindparams(
    sa.bindparam("pids", expanding=True)
)
_MAY = sa.text("SELECT may FROM person WHERE pid = :pid")
_OF_ROOMS = sa.text(
    f"SELECT DISTINCT {_PERSON} FROM {_WITH} JOIN member m ON m.pid = p.pid "  # noqa: S608
    "WHERE m.room IN (SELECT room FROM member WHERE room IN :rooms GROUP BY room HAVING COUNT(*) <= :most) LIMIT :limit"
).bindparams(sa.bindparam("rooms", expanding=True))
_OF_ROOM = sa.text(
    f"SELECT {_PERSON}, p.login, m.role FROM {_WITH} JOIN member m ON p.pid = m.pid "  # noqa: S608
    "WHERE m.room = :room AND p.folded LIKE :first ESCAPE '!' AND p.folded LIKE :second ESCAPE '!'"
)
SOME = 500
"""Values in one IN list."""


class Known(NamedTuple):
    """A person as home's table holds it."""

    pid: Pid
    login: str
    name: str
    department: str
    title: str
    hash: str
    may: str
    folded: str
    """What a search looks in (`folding.index`)."""
    disabled: int
    mail: str = ""
    """Where home's letters to them go; nobody but home learns it. Empty: none is sent."""


class Candidate(NamedTuple):
    """A person that may fit a search."""

    person: Person
    login: str


def _person(row: sa.Row[tuple[Pid, str, str, str, int, str | None, int | None]]) -> Person:
    return Person(
        pid=row.pid,
        name=row.name,
        department=row.department,
        title=row.title,
        integration=bool(row.integration),
        status=row.status or "",
        status_until=row.status_until,
    )


def by_login(tx: Tx, login: str) -> tuple[Pid, str] | None:
    """Pseudonym and password hash of an enabled person."""
    row = tx.execute(_BY_LOGIN, {"login": login}).first()
    return (row.pid, row.hash) if row else None


def any_hash(tx: Tx) -> str | None:
    """Some enabled person's password hash: what checking a password costs in this directory."""
    found: str | None = tx.scalar(_ANY_HASH)
    return found


def people(tx: Tx, pids: Iterable[Pid]) -> list[Person]:
    """The people with these pseudonyms; unknown ones are left out."""
    wanted = list(dict.fromkeys(pids))
    return [
        _person(row)
        for start in range(0, len(wanted), SOME)
        for row in tx.execute(_BY_PIDS, {"pids": wanted[start : start + SOME]})
    ]


def candidates(tx: Tx, first: str, second: str) -> list[Candidate]:
    """Enabled people whose folded text holds both pieces."""
    pieces = {"first": _like(first), "second": _like(second)}
    return [Candidate(_person(row), row.login) for row in tx.execute(_CANDIDATES, pieces)]


def _like(piece: str) -> str:
    return "%" + piece.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"


def everybody(tx: Tx) -> list[Known]:
    """All people, the disabled ones too."""
    return [Known(*row) for row in tx.execute(_ALL)]


def add(tx: Tx, known: Known) -> None:
    """A new person."""
    tx.execute(_ADD, known._asdict())


def change(tx: Tx, known: Known) -> None:
    """Newer facts about a person, found by login."""
    tx.execute(_CHANGE, known._asdict())


def add_integration(tx: Tx, pid: Pid, name: str, folded: str) -> None:
    """A person that is no human: nobody signs in as it, the directory does not know it, and nobody finds or invites it."""
    tx.execute(_ADD_INTEGRATION, {"pid": pid, "name": name, "folded": folded})


def disable(tx: Tx, pid: Pid) -> None:
    """The person left the directory: the name stays for old messages."""
    tx.execute(_DISABLE, {"pid": pid})


def active(tx: Tx, pids: Iterable[Pid]) -> set[Pid]:
    """Those of `pids` that are enabled people."""
    wanted = list(pids)
    return {
        row.pid
        for start in range(0, len(wanted), SOME)
        for row in tx.execute(_ACTIVE, {"pids": wanted[start : start + SOME]})
    }


def may(tx: Tx, pid: Pid) -> set[str]:
    """What the directory allows a person beyond everybody's rights."""
    return set((tx.execute(_MAY, {"pid": pid}).scalar() or "").split())


def of_room(tx: Tx, room: RoomId, first: str, second: str) -> dict[Pid, tuple[Candidate, Role]]:
    """Members of a room whose folded text holds both pieces, the disabled ones too, with their roles."""
    pieces = {"room": room, "first": _like(first), "second": _like(second)}
    return {row.pid: (Candidate(_person(row), row.login), Role(row.role)) for row in tx.execute(_OF_ROOM, pieces)}


def of_rooms(tx: Tx, rooms: Iterable[RoomId], limit: int) -> list[Person]:
    """Members of these rooms, each once; big rooms are left out, their names are asked for."""
    wanted, found = list(rooms), dict[Pid, Person]()
    for start in range(0, len(wanted), SOME):
        part = {"rooms": wanted[start : start + SOME], "limit": limit, "most": BIG_ROOM}
        found.update((row.pid, _person(row)) for row in tx.execute(_OF_ROOMS, part))
    return list(found.values())[:limit]
