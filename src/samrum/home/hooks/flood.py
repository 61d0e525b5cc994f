"""How much a webhook may write: a bucket of 30 messages that fills by one a second."""

from typing import Final

BURST: Final = 30.0
PER_SECOND: Final = 1.0
MAX_KNOWN: Final = 5000


class Flood:
    """Buckets by webhook, in memory."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, key: str, now: float) -> float:
        """Takes one; or, if the bucket is empty, seconds until there is one again."""
        level, at = self._buckets.pop(key, (BURST, now))
        level = min(BURST, level + max(0.0, now - at) * PER_SECOND)
        taken = level >= 1.0
        self._buckets[key] = (level - 1.0 if taken else level, now)
        while len(self._buckets) > MAX_KNOWN:
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if taken else (1.0 - level) / PER_SECOND
