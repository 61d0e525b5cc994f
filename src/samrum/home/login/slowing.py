"""Slowing of sign-in, in memory: after a few failures each further try has to wait, twice as long each time.

Counted per user name and per address, known or not, so that slowing tells nothing about who exists.
"""

from typing import Final

FREE_TRIES: Final = {"user": 5, "address": 30}
LONGEST: Final = 300.0
"""Seconds a try may have to wait."""
FORGET: Final = 3600.0
"""Seconds after which a failure is forgotten."""
MAX_ENTRIES: Final = 20_000


class Slowing:
    """Counts failures by key."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], tuple[int, float]] = {}

    def wait(self, user: str, address: str, now: float) -> float:
        """Seconds until the next try is allowed; 0: now."""
        return max(self._wait("user", user, now), self._wait("address", address, now))

    def failed(self, user: str, address: str, now: float) -> None:
        """A try failed (or is about to be checked: counted first, so that parallel tries don't slip through)."""
        for key in (("user", user), ("address", address)):
            count, since = self._failures.pop(key, (0, now))
            self._failures[key] = ((count if now - since < FORGET else 0) + 1, now)
        while len(self._failures) > MAX_ENTRIES:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, user: str, address: str) -> None:
        """The password was right: the user's failures are forgotten, and this try does not count for the address."""
        self._failures.pop(("user", user), None)
        count, since = self._failures.pop(("address", address), (0, 0.0))
        if count > 1:
            self._failures[("address", address)] = (count - 1, since)

    def _wait(self, kind: str, key: str, now: float) -> float:
        count, last = self._failures.get((kind, key), (0, 0.0))
        if last > now:  # the clock was set back since
            last = now
            self._failures[kind, key] = count, last
        over = count - FREE_TRIES[kind]
        if over < 0 or now - last >= FORGET:
            return 0.0
        return max(0.0, last + min(LONGEST, 2.0**over) - now)
