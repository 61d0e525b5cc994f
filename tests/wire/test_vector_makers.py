"""The vectors are what their makers give, and no maker knows our code."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.wire.vectors import FOLDER

MAKERS = sorted((FOLDER / "make").glob("*.py"))


@pytest.mark.parametrize("maker", MAKERS, ids=lambda path: path.stem)
def test_makers_do_not_import_what_they_test(maker):
    assert not re.search(r"^\s*(from|import)\s+(samrum|msgspec|tests)\b", maker.read_text("utf-8"), re.MULTILINE)


def test_makers_give_the_committed_files(tmp_path):
    """All but Tink's, which draws its salts itself."""
    shutil.copytree(FOLDER, tmp_path / "vectors", ignore=shutil.ignore_patterns("__pycache__", "wycheproof"))
    for name in ("statements", "formats", "frames", "derived", "ed25519"):
        subprocess.run([sys.executable, tmp_path / "vectors" / "make" / f"{name}.py"], check=True)
    made = {path.name for path in (tmp_path / "vectors").glob("*.json")}
    assert made == {path.name for path in FOLDER.glob("*.json")}
    for name in made:
        assert (tmp_path / "vectors" / name).read_bytes() == (FOLDER / name).read_bytes(), name
