"""How many frames a device may send, across its connections. No input or output."""

from typing import Final

from samrum.relay.errors import Refusal
from samrum.wire.codes import Code
from samrum.wire.ids import Dev
from samrum.wire.stream import FRAMES_PER_10_S

WINDOW_SECONDS: Final = 10
DEAF: Final = 2
"""Whoever sends this many times the limit does not listen to refusals and is put out."""


class TooMany(Exception):
    """The device does not listen: close it."""


class FrameLimit:
    """Counts each device's frames in a window that begins with its first frame."""

    def __init__(self) -> None:
        self._windows: dict[Dev, tuple[float, int]] = {}

    def count(self, dev: Dev, now: float) -> None:
        """Raises `Refusal` above the limit and `TooMany` far above it."""
        start, count = self._windows.get(dev, (now, 0))
        if now - start >= WINDOW_SECONDS:
            start, count = now, 0
        self._windows[dev] = (start, count + 1)
        if count >= DEAF * FRAMES_PER_10_S:
            raise TooMany
        if count >= FRAMES_PER_10_S:
            raise Refusal(Code.RATE_LIMITED, retry_after=round(start + WINDOW_SECONDS - now, 1))

    def forget(self, now: float) -> None:
        """Drops windows that are over."""
        for dev, (start, _) in list(self._windows.items()):
            if now - start >= WINDOW_SECONDS:
                del self._windows[dev]
