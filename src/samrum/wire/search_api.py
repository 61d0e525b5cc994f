"""Home's HTTP for browsers, third part: search and mentions, from the index of home's own records. Rules as in `home_api`.

No text leaves home: an answer names messages and brings them sealed, as relay has them; the browser opens them itself.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from samrum.wire.base import Wire
from samrum.wire.ids import MsgIdField, PidField, RoomField
from samrum.wire.statements import Count, Time
from samrum.wire.stream import Pos

MAX_SEARCH = 500
"""Characters of a search."""
MAX_HITS = 50
"""Hits of one page."""
MAX_MARKS = 200
"""Words that an answer names as found."""
MAX_MENTIONS = 100
"""Unread mentions named of one room."""


class Has(StrEnum):
    """What a message brings along."""

    FILE = "file"
    PICTURE = "picture"
    PDF = "pdf"
    SOUND = "sound"
    FILM = "film"
    LINK = "link"


class Order(StrEnum):
    """What comes first."""

    BEST = "best"  # how well it fits, then how new
    NEWEST = "newest"


class Match(StrEnum):
    """The loosest way in which one of the words was found."""

    EXACT = "exact"  # as it stands there
    FORM = "form"  # in another form: `möte`, `mötena`
    PART = "part"  # within a longer word: `möte`, `budgetmöte`
    NONE = "none"  # there were no words, only filters


class Search(Wire):
    """`POST /search` → `Found`; 422 `bad_search` with `at`. All filters must fit; of several values of one filter, any.

    `text` holds words, which all have to occur, "phrases" in quotes, and filters as words: `from:` (`från:`, `von:`), `in:` (`i:`),
    `has:` (`har:`, `hat:`), `before:` (`före:`, `vor:`), `after:` (`efter:`, `nach:`), each with a name, a title, a kind or a date
    (2026-11-24), in quotes if it has spaces.
    """

    text: Annotated[str, Meta(max_length=MAX_SEARCH)] = ""
    by: Annotated[list[PidField], Meta(max_length=50)] = []
    """Who wrote it."""
    rooms: Annotated[list[RoomField], Meta(max_length=50)] = []
    has: Annotated[list[Has], Meta(max_length=6)] = []
    after: Time | None = None
    """Written at this time or later."""
    before: Time | None = None
    """Written earlier."""
    zone: Annotated[str, Meta(max_length=64)] = "UTC"
    """Where the person is, such as `Europe/Stockholm`: when the days of dates in `text` begin."""
    mentions: bool = False
    """Only what mentions oneself."""
    order: Order = Order.BEST
    limit: Annotated[int, Meta(ge=1, le=MAX_HITS)] = 20
    cursor: Annotated[str, Meta(max_length=100)] = ""
    """Of the page before."""


class Hit(Wire):
    """One message that was found."""

    room: RoomField
    msg: MsgIdField
    pos: Pos
    pid: PidField
    """Who wrote it."""
    at: Time
    """When it was written."""
    match: Match
    thread: MsgIdField | None = None
    """Root of the thread that it is in."""
    sealed: list[str] = []
    """The message as relay has it, base64url, and after it its last edit, if there is one."""


class Found(Wire):
    """A page of hits, the best (or newest) first."""

    hits: list[Hit]
    total: Count
    """How many messages fit."""
    least: bool = False
    """There may be more than `total`: counting stopped there."""
    cursor: str = ""
    """For the next page; empty: this was the last one."""
    marks: list[str] = []
    """The words that were found, in lower case, without accents but with å, ä and ö: for highlighting."""
    indexed: Count = 0
    """How many of relay's envelopes are in the index …"""
    of: Count = 0
    """… of how many that home has."""


class Mentions(Wire):
    """`GET /mentions` → the positions of unread messages that mention oneself or everybody, by room, newest first, at most 100 each."""

    rooms: dict[RoomField, list[Pos]]
