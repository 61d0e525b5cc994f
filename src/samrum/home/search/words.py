"""Words: how a text is cut, compared and stemmed, for the index and for searches alike.

A word is letters and digits in a row, in lower case, without accents but with å, ä and ö (`people.folding`). Every word is stemmed as
Swedish, English and German (Snowball's algorithms), since nobody says which language a message has; two words are forms of one another
if any of the three stems is the same. German stems lose their umlauts (`Häuser`, `Haus`), which in short Swedish words would be another
word (`möte`, `mot`): so stems under four letters keep them.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

import snowballstemmer

from samrum.home.people.folding import fold, plain

LONGEST: Final = 64
"""Letters of a word; the rest is cut off."""
_UNSEEN: Final = dict.fromkeys(
    [0xAD, 0x61C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
"""Characters without width and those that turn the direction: they part no word."""
_WORD: Final = re.compile(r"(?:[^\W_][\u0300-\u036f]*)+")
_ALSO: Final = {"a": "[aåä]", "o": "[oö]"}
_SHORT: Final = 4


class Forms(NamedTuple):
    """A word, its spelling without å, ä and ö, and its stems."""

    word: str
    plain: str
    sv: str
    en: str
    de: str


@lru_cache(1 << 16)
def _folded(word: str) -> str:
    return fold(word)


def words(text: str) -> list[str]:
    """The words of a text, in order."""
    seen = text if text.isascii() else unicodedata.normalize("NFC", text.translate(_UNSEEN))
    return [
        found[:LONGEST]
        for one in _WORD.findall(seen)
        for found in _WORD.findall(one.lower() if one.isascii() else _folded(one))
    ]


class Stemmer:
    """Snowball's three stemmers. One for each thread: they keep state while they work."""

    def __init__(self) -> None:
        self._sv, self._en, self._de = (snowballstemmer.stemmer(name) for name in ("swedish", "english", "german"))

    def forms(self, word: str) -> Forms:
        """The stems of one folded word."""
        de = self._de.stemWord(word)
        if len(de) < _SHORT and plain(word[: len(de)]) == de:
            de = word[: len(de)]
        sv = self._sv.stemWord(
            self._sv.stemWord(word)
        )  # the first time takes only one of two endings off: mötena, möten, möt
        return Forms(word, plain(word), sv, self._en.stemWord(word), de)


def pattern(word: str) -> "re.Pattern[str]":
    """Finds a folded word within another one; who typed `a` also means `å` and `ä`."""
    return re.compile("".join(_ALSO.get(letter, re.escape(letter)) for letter in word))
