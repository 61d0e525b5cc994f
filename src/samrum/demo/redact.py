"""Cleans LiveKit's output before a byte of it is written.

LiveKit writes whole access tokens, query strings, network addresses and ICE credentials into its log; no log of Samrum's may hold them.
"""

import re
from typing import Final

MAX_LINE: Final = 64 * 1024

_TOKEN: Final = re.compile(rb"eyJ[\w.-]+")
_ICE: Final = re.compile(rb"(ice-(?:pwd|ufrag):)[\w+/]+")
"""The short-lived credentials in a client's offer, which LiveKit writes at every join."""
_QUERY: Final = re.compile(rb"\?[^\s\"'<>]+")
_IPV4: Final = re.compile(rb"\d{1,3}(?:\.\d{1,3}){3}|\d{1,3}\.[\d.]*\.\.\.")
"""Also as LiveKit shortens it in lists of candidates: `83.251.130....`, without the last three characters."""
_IPV6: Final = re.compile(rb"(?<!\w)[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:%\w+)?")
"""Whatever has two colons; LiveKit writes a port behind it without brackets, or three dots for its end."""
_CLOCK: Final = re.compile(rb"\d{1,2}:\d{2}:\d{2}(?:\.\d+)?")


def line(text: bytes) -> bytes:
    """One line without tokens, query strings, network addresses and ICE credentials."""
    text = _TOKEN.sub(b"[token]", text)
    text = _ICE.sub(rb"\1[secret]", text)
    text = _QUERY.sub(b"?[query]", text)
    text = _IPV4.sub(b"[address]", text)
    return _IPV6.sub(lambda found: found[0] if _CLOCK.fullmatch(found[0]) else b"[address]", text)


class Redactor:
    """Takes output in pieces, gives back clean whole lines. Of an overlong line only its length is kept."""

    def __init__(self) -> None:
        self._rest = b""
        self._dropped = 0

    def feed(self, data: bytes) -> bytes:
        """The clean lines that `data` completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        out = [self._finish(one) for one in lines]
        if len(self._rest) > MAX_LINE:
            self._dropped += len(self._rest)
            self._rest = b""
        return b"".join(out)

    def end(self) -> bytes:
        """What is left when the output has ended."""
        rest, self._rest = self._rest, b""
        return self._finish(rest) if rest or self._dropped else b""

    def _finish(self, text: bytes) -> bytes:
        if self._dropped or len(text) > MAX_LINE:
            size, self._dropped = self._dropped + len(text), 0
            return b"[a line of %d bytes]\n" % size
        return line(text) + b"\n"
