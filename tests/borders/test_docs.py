"""What the pages say is there: drawings of today's texts, links that lead somewhere, words that are explained."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from samrum.relay.schema import metadata
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.statements import Kind, Role, Topic
from tests.borders.test_files import tracked
from tests.conftest import ROOT

FLOWS = ROOT / "docs" / "flows"
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]+)")
MADE = re.compile(r'op\.create_table\([^"]*"(\w+)"')


def stale(folder: Path) -> list[str]:
    """Drawings that are missing, of another text than the one beside them, or of none. `web/scripts/drawings.mjs` notes the hash."""
    texts = {path.stem: path.read_bytes() for path in folder.glob("*.mmd")}
    drawn = {path.stem: path.read_text() for path in folder.glob("*.svg")}
    return sorted(
        name
        for name in texts.keys() | drawn.keys()
        if f'data-source="sha256-{hashlib.sha256(texts.get(name, b"")).hexdigest()}"' not in drawn.get(name, "")
    )


def test_every_drawing_is_of_its_text() -> None:
    assert len(list(FLOWS.glob("*.mmd"))) > 10
    assert stale(FLOWS) == [], "make drawings"


@pytest.mark.parametrize("fault", ["changed", "missing", "left over"])
def test_an_older_drawing_is_noticed(tmp_path: Path, fault: str) -> None:
    for name in ("send.mmd", "send.svg", "read.mmd", "read.svg"):
        (tmp_path / name).write_bytes((FLOWS / name).read_bytes())
    assert stale(tmp_path) == []
    if fault == "changed":
        with (tmp_path / "send.mmd").open("a") as text:
            text.write("  A->>R: and more\n")
    else:
        (tmp_path / ("send.svg" if fault == "missing" else "send.mmd")).unlink()
    assert stale(tmp_path) == ["send"]


def test_every_drawing_stands_in_the_overview() -> None:
    page = (ROOT / "docs" / "overview.md").read_text()
    for path in FLOWS.glob("*.svg"):
        assert f"](flows/{path.name})" in page, path.name


def test_a_drawing_shows_anywhere() -> None:
    """Viewers of images run no HTML, fetch nothing, and some have a dark page."""
    for path in FLOWS.glob("*.svg"):
        text = path.read_text()
        assert "foreignObject" not in text, path.name
        assert set(re.findall(r"\w+://[\w.]+", text)) <= {"http://www.w3.org"}, path.name
        assert re.search(r'<rect [^>]*fill="#ffffff"', text), path.name


def test_links_between_pages_lead_somewhere() -> None:
    pages = tracked("*.md")
    assert len(pages) > 8
    for page in pages:
        for link in LINK.findall(page.read_text()):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)}: {link}"


def test_pages_that_the_code_names_are_there() -> None:
    """A comment that gives its source as a page means one that the reader has."""
    there = {page.name for page in tracked("*.md")}
    for file in tracked("*.py", "*.ts", "*.tsx", "*.mjs", "*.sh", "*.toml", "*.md", "*.mmd", "Makefile"):
        if file != Path(__file__).resolve():
            ours = "".join(line for line in file.read_text().splitlines(keepends=True) if "github.com/" not in line)
            missing = set(re.findall(r"[\w-]+\.md\b", ours)) - there
            assert not missing, f"{file.relative_to(ROOT)}: {missing}"


def test_each_decision_has_a_number_of_its_own() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, page in enumerate(pages, 1):
        assert page.name.startswith(f"{number:04}-"), page.name
        assert page.read_text().startswith(f"# {number}. "), page.name


def words_of_code() -> Iterable[str]:
    """Names that stand in databases and on the wire as values."""
    yield from (one.name.lower() for one in (*Role, *Kind, *Topic, *EnvelopeKind))
    yield from metadata.tables
    for path in (ROOT / "src" / "samrum" / "home" / "migrations" / "versions").glob("*.py"):
        yield from MADE.findall(path.read_text())


def test_the_glossary_has_every_word_of_the_code() -> None:
    explained = re.findall(r"[*_`]([\w -]+)[*_`]", (ROOT / "GLOSSARY.md").read_text().lower())
    known = {form for word in explained for form in (word, word.replace(" ", "_"))}
    found = sorted(set(words_of_code()))
    assert len(found) > 30
    assert [word for word in found if word not in known] == []
