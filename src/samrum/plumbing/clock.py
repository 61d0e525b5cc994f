"""Time, handed to whoever needs it, so that tests can move it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where a zone gets its time from."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()
