"""Finding people: without case and accents, å ä ö as letters of their own, best first."""

from pathlib import Path

import httpx

from samrum.wire.home_api import People
from tests.home.client import Person
from tests.home.running import entry, make_config, running, write_directory

NAMES = [
    "Åsa Lind", "Asa Berg", "Ärla Ask", "Björn Åsander", "Bjorn Ahl", "Cécile Groß", "Sören Ø. Aas", "Zoë von Åkesson-Öst",
]  # fmt: skip


async def names(person: Person, query: str, **more: int) -> list[str]:
    path = f"/people?{httpx.QueryParams({'q': query, **more})}"
    return [one.name for one in (await person.ask("GET", path, want=People)).people]


async def test_search(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    people = [entry(number, name=name, department="Kansli") for number, name in enumerate(NAMES)]
    people.append(entry(8, name="Eva Ek", department="Åldringsvården", user="eva.ek"))
    write_directory(config, people)
    async with running(config) as home:
        (person,) = await home.enter(0)
        assert await names(person, "åsa") == ["Åsa Lind", "Björn Åsander"]
        assert await names(person, "asa") == ["Asa Berg", "Åsa Lind", "Björn Åsander"]
        assert await names(person, "ASA L") == ["Åsa Lind"]
        assert await names(person, "A\u030asa") == ["Åsa Lind", "Björn Åsander"]
        assert await names(person, "bjorn") == ["Bjorn Ahl", "Björn Åsander"]
        assert await names(person, "björn") == ["Björn Åsander"]
        assert await names(person, "cecile gross") == ["Cécile Groß"]
        assert await names(person, "soren o") == ["Sören Ø. Aas"]
        assert await names(person, "äst") == []
        assert await names(person, "öst") == ["Zoë von Åkesson-Öst"]
        assert await names(person, "ost") == ["Zoë von Åkesson-Öst"]
        assert await names(person, "lind åsa") == ["Åsa Lind"]
        assert await names(person, "åldring") == ["Eva Ek"]
        assert await names(person, "eva.ek") == ["Eva Ek"]
        assert await names(person, "%") == await names(person, "") != []
        assert await names(person, "_x") == []
        assert await names(person, "kansli", limit=3) == ["Asa Berg", "Bjorn Ahl", "Björn Åsander"]
        assert await names(person, "nobody") == []
        everybody = await names(person, "", limit=50)
        assert everybody[0] == "Asa Berg"
        assert everybody[-2:] == ["Åsa Lind", "Ärla Ask"]
