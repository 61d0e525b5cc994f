"""Finding people and naming pseudonyms."""

from collections.abc import Iterable

from samrum.home.people import folding, tables
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.home_api import People, Person
from samrum.wire.ids import Pid

MAX_FOUND = 50


class Directory:
    """The people of this authority, as colleagues may see them."""

    def __init__(self, db: Transactions) -> None:
        self._db = db

    async def search(self, text: str, limit: int) -> People:
        """The best matches, best first; everybody from the start of the alphabet for an empty search."""
        query = folding.Query(text)

        def read(tx: Tx) -> People:
            found = ranked(query, tables.candidates(tx, *query.pieces()))
            return People(people=found[: max(1, min(limit, MAX_FOUND))])

        return await self._db.read(read)

    async def names(self, pids: list[Pid]) -> People:
        """The people with these pseudonyms; unknown ones are left out."""
        return await self._db.read(lambda tx: People(people=tables.people(tx, pids)))


def ranked(query: folding.Query, candidates: Iterable[tables.Candidate]) -> list[Person]:
    """Those whom the search finds, best first; by name where it finds them equally well."""
    found = []
    for person, login in candidates:
        name = folding.fold(person.name)
        rank = query.rank(name, folding.fold(f"{person.department} {login}") if query.words else "")
        if rank is not None:
            found.append((rank, in_order(name), person.pid, person))
    found.sort(key=lambda one: one[:3])
    return [one[3] for one in found]


def in_order(folded: str) -> str:
    """Sorts å, ä, ö after z, as Swedish does."""
    return folded.translate(str.maketrans("åäö", "{|}"))
