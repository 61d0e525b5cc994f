"""docs/protocol.md names everything that stands on a border: codes, frames with their numbers and fields, statements, home's routes."""

import re
from pathlib import Path

import pytest

from samrum.wire import export_api, home_api, hooks_api, moderation_api, rooms_api, search_api, statements, stream
from samrum.wire.base import Wire
from samrum.wire.codes import Code

MODULES = (home_api, rooms_api, search_api, moderation_api, hooks_api, export_api)
PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


def test_every_code_has_its_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:home|relay|both)", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(Code)


@pytest.mark.parametrize(("number", "kind"), sorted((stream.CLIENT | stream.RELAY).items()), ids=str)
def test_every_frame_stands_there_with_its_fields(number: int, kind: type[Wire]) -> None:
    found = re.search(rf"\b{number} `{kind.__name__}` `{{(.*?)}}`(?= \||,)", PAGE)
    assert found, kind
    text = re.sub(r"[\[{].*?[\]}]…?\]?", "", found.group(1))
    named = dict.fromkeys(re.findall(r"(\w+)\??", re.sub(r":[^,]*", "", text)))
    assert list(named) == list(kind.__struct_fields__)


def test_every_statement_stands_there_with_its_fields() -> None:
    for kind in vars(statements).values():
        if isinstance(kind, type) and hasattr(kind, "TYP"):
            found = re.search(rf"^\| `{kind.TYP}` \| .*`{{(.*?)}}`", PAGE, re.MULTILINE)
            assert found, kind
            named = re.findall(r"(?:^|, )(\w+)", re.sub(r": (\{.*?\}|\"\w+\")", "", found.group(1)))
            assert named == list(kind.__struct_fields__)


def test_every_route_of_home_stands_there() -> None:
    routes = set(re.findall(r"`((?:GET|POST|PUT|PATCH) /[^`?\s]*)", "\n".join(_docs())))
    assert len(routes) > 15
    assert {route for route in routes if route not in PAGE} == set()


def _docs() -> list[str]:
    kinds = [one for module in MODULES for one in vars(module).values()]
    return [kind.__doc__ or "" for kind in kinds if isinstance(kind, type)]
