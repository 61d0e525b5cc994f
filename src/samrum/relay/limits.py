"""How often a device may ask, across its connections. No input or output."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from samrum.relay.errors import Refusal
from samrum.wire.codes import Code
from samrum.wire.ids import Dev, TenantId

DEAF: Final = 2
"""Whoever asks this many times the limit does not listen to refusals."""


class TooMany(Exception):
    """The device does not listen: close it."""


class Limit:
    """At most `most` a device in a window of `seconds` that begins with its first."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._windows: dict[tuple[TenantId, Dev], tuple[float, int]] = {}

    def count(self, device: tuple[TenantId, Dev], now: float) -> None:
        """Raises `Refusal` above the limit and `TooMany` far above it."""
        start, count = self._windows.get(device, (now, 0))
        if self._over(start, now):
            start, count = now, 0
        self._windows[device] = (start, count + 1)
        if count >= DEAF * self._most:
            raise TooMany
        if count >= self._most:
            raise Refusal(Code.RATE_LIMITED, retry_after=max(0.1, round(start + self._seconds - now, 1)))

    def forget(self, now: float) -> None:
        """Drops windows that are over."""
        for device, (start, _) in list(self._windows.items()):
            if self._over(start, now):
                del self._windows[device]

    def _over(self, start: float, now: float) -> bool:
        """A window that began in the future is of a clock that was set back, and would shut a device out until then."""
        return not 0 <= now - start < self._seconds


class Slots:
    """What goes on at the same time: at most `each` of one device and `most` of all."""

    def __init__(self, each: int, most: int) -> None:
        self._each, self._most = each, most
        self._held: Counter[tuple[TenantId, Dev]] = Counter()

    @contextmanager
    def held(self, device: tuple[TenantId, Dev]) -> Iterator[None]:
        """Counts one for as long as the block runs; raises `Refusal` if there are too many."""
        if self._held[device] >= self._each or self._held.total() >= self._most:
            raise Refusal(Code.RATE_LIMITED, retry_after=1)
        self._held[device] += 1
        try:
            yield
        finally:
            self._held[device] -= 1
            if not self._held[device]:
                del self._held[device]


class Pace:
    """Whether something comes faster than `rate` a second. Up to `burst` at once are not fast, nor is what follows after a pause."""

    __slots__ = ("_due", "_gap", "_slack")

    def __init__(self, rate: float, burst: int) -> None:
        self._gap, self._slack = 1 / rate, (burst + 0.5) / rate
        self._due = 0.0
        """When the next one would come at the rate itself."""

    def busy(self, now: float) -> bool:
        """Counts one at `now` (any clock that never goes back)."""
        self._due = min(max(self._due, now) + self._gap, now + 2 * self._slack)
        return self._due - now > self._slack
