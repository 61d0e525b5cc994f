"""Lines of text that people type and others see: titles, topics, what somebody says of themself."""

import unicodedata
from typing import Final

_NEVER: Final = {"Cc", "Zl", "Zp", "Cs", "Co"}
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional controls (Unicode UAX 9): one of them can make a title read as another one."""
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f")
"""Letters by their category, without a picture of their own: Hangul fillers, the empty Braille cell, the grapheme joiner."""
_PICTURE: Final = {"L", "N", "P", "S"}


def line(text: str, most: int) -> str | None:
    """The text as it is kept: composed, trimmed, one line of at most `most` characters; empty stays empty.

    `None` for what is no such line: too long, with controls or direction marks, or with nothing in it to see. Joiners within emoji stay.
    """
    kept = unicodedata.normalize("NFC", text).strip()
    if len(kept) > most or any(unicodedata.category(one) in _NEVER or one in _TURNING for one in kept):
        return None
    if kept and not any(unicodedata.category(one)[0] in _PICTURE and one not in _BLANK for one in kept):
        return None
    return kept
