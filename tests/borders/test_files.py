"""What may stand in files that are committed, built or shipped."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOREIGN = re.compile(r"""\b(?:https?|wss?):(?:\\?/){2}(?!www\.w3\.org/)[\w\[][^\s"'`)]*""")
"""A scheme alone names nobody: code that looks for addresses in what people write has it too."""
CONSOLE = re.compile(r"\bconsole\s*(?:\.|\?\.|\[)")


def tracked(*patterns: str) -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in done.stdout.decode().split("\0") if name]


def test_lock_files_carry_no_addresses() -> None:
    locks = tracked(
        "requirements/*.txt",
        "web/package-lock.json",
        "web/.npmrc",
        "media/go.sum",
        "media/go.mod",
        "tests/blobs/versitygw/go.*",
    )
    assert len(locks) >= 6
    for lock in locks:
        assert "://" not in lock.read_text(), lock.name


def test_no_code_file_is_longer_than_a_room_can_hold() -> None:
    code = tracked("src/*.py", "web/src/*.ts", "web/src/*.tsx", "tests/*.py", "web/e2e/*.mjs")
    generated = {
        "web/src/wire/validators.js",
        "web/src/wire/validators.later.js",
        "web/src/wire/validators.later.d.ts",
        "web/src/wire/types.ts",
        "web/src/wire/validators.d.ts",
    }
    for file in code:
        if str(file.relative_to(ROOT)) not in generated:
            assert len(file.read_text().split("\n")) <= 600, file.relative_to(ROOT)


def test_the_city_stands_in_the_demo_alone() -> None:
    """No zone's code knows a person of the demo city."""
    for file in tracked("src/samrum/home/*", "src/samrum/relay/*", "src/samrum/plumbing/*", "src/samrum/wire/*"):
        assert not re.search("sjövik|lindström", file.read_text().lower()), file.name


@pytest.mark.servers
class TestBundle:
    """The built web client (made by `make build`)."""

    def files(self) -> list[Path]:
        dist = ROOT / "web" / "dist"
        assert dist.is_dir(), "web/dist is not built: make build"
        return [file for file in dist.rglob("*") if file.is_file()]

    def test_it_names_no_foreign_origin(self) -> None:
        for file in self.files():
            found = FOREIGN.findall(file.read_text(errors="replace"))
            assert not found, f"{file.name}: {found[:5]}"

    def test_it_writes_nothing_to_the_console(self) -> None:
        for file in self.files():
            if file.suffix in {".js", ".mjs"}:
                text = file.read_text()
                found = [text[max(0, m.start() - 40) : m.end() + 40] for m in CONSOLE.finditer(text)]
                assert not found, f"{file.name}: {found[:3]}"

    def test_it_has_no_source_maps_and_evaluates_nothing(self) -> None:
        for file in self.files():
            assert file.suffix != ".map", file.name
            if file.suffix == ".js":
                assert not re.search(r"\bnew Function\(|[^.\w]eval\(", file.read_text()), file.name


def test_the_patterns_find_what_they_look_for() -> None:
    assert FOREIGN.search('"https://example.org/x"')
    assert FOREIGN.search(r'"https:\/\/example.org"')
    assert FOREIGN.search('"wss://[::1]:7880/rtc"')
    assert not FOREIGN.search('"http://www.w3.org/2000/svg"')
    assert not FOREIGN.search('"http://"+host')
    assert CONSOLE.search("console.log(1)")
    assert CONSOLE.search("console?.warn")
