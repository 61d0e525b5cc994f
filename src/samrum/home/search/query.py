"""What somebody typed into the search box: words, "phrases", and filters as words, in three languages. Pure."""

import re
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

import msgspec

from samrum.home.search.words import words
from samrum.wire.search_api import Has

MOST: Final = 32
"""Words and phrases of one search."""
_QUOTES: Final = '"“”„»«'
_FILTERS: Final = {
    "from": "by", "från": "by", "von": "by",
    "in": "rooms", "i": "rooms",
    "has": "has", "har": "has", "hat": "has",
    "before": "before", "före": "before", "vor": "before",
    "after": "after", "efter": "after", "nach": "after",
}  # fmt: skip
_HAS: Final = {
    Has.FILE: ("file", "fil", "datei", "files", "filer", "dateien"),
    Has.PICTURE: ("picture", "bild", "image", "bilder", "pictures", "photo", "foto"),
    Has.PDF: ("pdf",),
    Has.SOUND: ("sound", "ljud", "audio", "ton"),
    Has.FILM: ("film", "video"),
    Has.LINK: ("link", "länk", "links", "länkar"),
}
_KINDS: Final = {word: has for has, names in _HAS.items() for word in names}
_PIECE: Final = re.compile(
    rf"(?:(?P<name>\w+):)?(?:[{_QUOTES}](?P<quoted>[^{_QUOTES}]*)(?P<end>[{_QUOTES}]?)|(?P<bare>[^\s{_QUOTES}]+))"
)
_DATES: Final = (
    re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?"),
    re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"),
)


class BadQuery(ValueError):
    """It cannot be read; `at` is where, in characters from 0."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class Named(NamedTuple):
    """A person or room by name, and where in the text it stands."""

    name: str
    at: int


class Query(msgspec.Struct):
    """What is looked for. All of it has to fit; of `by`, `rooms` and `has` any one."""

    words: list[str] = []
    phrases: list[list[str]] = []
    by: list[Named] = []
    rooms: list[Named] = []
    has: list[Has] = []
    after: int | None = None
    """s since 1970, itself too."""
    before: int | None = None


def read(text: str, zone: tzinfo) -> Query:
    """What `text` asks for; dates begin at midnight in `zone`. Raises `BadQuery`."""
    query, at, ignored = Query(), 0, 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _PIECE.match(text, at)
        if found is None:  # a filter without a value
            raise BadQuery(at)
        if found["quoted"] is not None and not found["end"]:
            raise BadQuery(found.start("quoted") - 1)
        if (found["bare"] or "").endswith(":") and found["bare"][:-1].lower() in _FILTERS:
            raise BadQuery(at)
        name = _FILTERS.get((found["name"] or "").lower())
        if name is not None:
            _filter(query, name, found["bare"] if found["quoted"] is None else found["quoted"], at, zone)
        elif found["name"] and found["quoted"] is not None:
            raise BadQuery(at)
        else:
            bare = found["quoted"] is None
            if len(query.words) + len(query.phrases) == MOST:
                raise BadQuery(at)
            ignored += not _words(query, found[0] if bare else found["quoted"], phrase=not bare)
        at = found.end()
    if ignored and query == Query():
        raise BadQuery(0)
    return query


def _words(query: Query, text: str, *, phrase: bool) -> bool:
    """Takes words; those that were typed in one piece stand in a row. Tells whether there were any."""
    said = words(text)
    if len(said) == 1 and not phrase:
        query.words.append(said[0])
    elif said:
        query.phrases.append(said)
    return bool(said)


def _filter(query: Query, name: str, value: str, at: int, zone: tzinfo) -> None:
    if not value.strip():
        raise BadQuery(at)
    if name == "by":
        query.by.append(Named(value, at))
    elif name == "rooms":
        query.rooms.append(Named(value, at))
    elif name == "has":
        if value.lower() not in _KINDS:
            raise BadQuery(at)
        query.has.append(_KINDS[value.lower()])
    else:
        setattr(query, name, _midnight(value, at, zone))


def _midnight(value: str, at: int, zone: tzinfo) -> int:
    found = next((one for one in (form.fullmatch(value) for form in _DATES) if one), None)
    if found is None:
        raise BadQuery(at)
    try:
        day = datetime(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1), tzinfo=zone)
        return max(0, round(day.timestamp()))
    except (ValueError, OverflowError):
        raise BadQuery(at) from None
