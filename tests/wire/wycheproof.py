"""Finds C2SP's Wycheproof vectors, a Go module that `vectors/wycheproof/go.mod` pins and Go's own client fetches once."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.wire.vectors import FOLDER

MODULE = "github.com/c2sp/wycheproof"


@cache
def folder() -> Path:
    """Where the files are."""

    def go(*words: str) -> str:
        return subprocess.run(
            ["go", *words], cwd=FOLDER / "wycheproof", check=True, capture_output=True, text=True
        ).stdout.strip()

    go("mod", "download")
    return Path(go("list", "-m", "-f", "{{.Dir}}", MODULE)) / "testvectors_v1"


def cases(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """`(group, case)` of one file."""
    whole = json.loads((folder() / f"{name}_test.json").read_text("utf-8"))
    found = [(group, case) for group in whole["testGroups"] for case in group["tests"]]
    assert len(found) == whole["numberOfTests"]
    return found
