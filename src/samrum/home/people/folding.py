"""How names are compared in a search: case and accents do not count, but å, ä and ö are letters of their own.

Who types `a` also finds å, ä and á; who types `å` finds å only. Norwegian and Danish ø counts as an accented o, æ as ae.
"""

import re
import unicodedata
from typing import Final

KEPT: Final = "åäö"
WITHIN: Final = 3
"""Letters from which on a word is also looked for inside of words."""
_MORE: Final = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_ALSO: Final = {"a": "[aåä]", "o": "[oö]"}
_WORD: Final = re.compile(r"[\w.@-]+")
_SPLIT: Final = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """`text` in lower case without accents, å ä ö kept."""
    out = []
    for letter in unicodedata.normalize("NFC", text).casefold().translate(_MORE):
        if letter in KEPT:
            out.append(letter)
        else:
            out.extend(c for c in unicodedata.normalize("NFD", letter) if not unicodedata.combining(c))
    return "".join(out)


def plain(folded: str) -> str:
    """Folded text with å ä ö as a and o too: what the database compares first."""
    return folded.translate(str.maketrans("åäö", "aao"))


def index(*texts: str) -> str:
    """What is stored of a person: plain words, each after a space, so that words' starts are found too."""
    return "".join(f" {word}" for word in _SPLIT.split(plain(fold(" ".join(texts)))) if word)


class Query:
    """One search."""

    def __init__(self, text: str) -> None:
        self.words = _WORD.findall(fold(text))
        self._patterns = [
            (re.compile("".join(_ALSO.get(c, re.escape(c)) for c in word)), len(word) >= WITHIN) for word in self.words
        ]

    def pieces(self) -> tuple[str, str]:
        """Two pieces that every match's `index` holds: the longest words; short ones with the space before them."""
        words = sorted(self.words, key=len, reverse=True)[:2]
        first, second = [_piece(word) for word in words] + [""] * (2 - len(words))
        return first, second

    def rank(self, name: str, others: str) -> int | None:
        """How well folded `name` and `others` (department, user name) match; smaller is better, `None`: not at all.

        0: the name starts so · 1: a word of it does · 2: a word of the others does · 3: somewhere within (three letters or more).
        """
        worst = 0
        for pattern, within in self._patterns:
            found = _place(pattern, name, others, within=within)
            if found is None:
                return None
            worst = max(worst, found)
        if worst == 1 and self._patterns and self._patterns[0][0].match(name):
            return 0
        return worst


def _piece(word: str) -> str:
    longest = max(_SPLIT.split(plain(word)), key=len)
    return longest if len(word) >= WITHIN else f" {longest}"


def _place(pattern: "re.Pattern[str]", name: str, others: str, *, within: bool) -> int | None:
    if pattern.match(name):
        return 0
    if any(pattern.match(word) for word in _SPLIT.split(name)):
        return 1
    if any(pattern.match(word) for word in _SPLIT.split(others)):
        return 2
    return 3 if within and (pattern.search(name) or pattern.search(others)) else None
