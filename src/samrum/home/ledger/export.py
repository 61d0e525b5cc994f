"""The ledger as a file that anybody may have and verify: one line of JSON an entry, `{"n": …, "line": …}`, then `{"head": …}`.

It ends with the newest signed head; entries that no head covers yet are left out. Reads beside a running home.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from samrum.home.ledger import tables
from samrum.plumbing.config import BadConfig
from samrum.plumbing.transactions import look

PAGE: Final = 1000


def lines(database: Path) -> Iterator[str]:
    """The lines of the file; raises `BadConfig` if there is no signed ledger in `database`."""
    with look(database) as tx:
        n, head, _ = tables.head(tx)
        if head is None:
            raise BadConfig(f"{database}: no head of the ledger is signed yet")
        for at in range(0, n, PAGE):
            for entry in tables.after(tx, at, min(PAGE, n - at)):
                yield msgspec.json.encode(entry).decode() + "\n"
        yield msgspec.json.encode({"head": head}).decode() + "\n"
