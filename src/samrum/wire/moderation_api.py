"""Home's HTTP for moderation: who may not come back into a room, and reports of messages. As `home_api` otherwise.

A report goes to the room's owners and moderators; where the room is a direct message, the report is about one of them, or the room has
none but the reporter, it goes to the authority's moderators (`may: ["moderate"]` in the directory).
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from samrum.wire.base import Wire
from samrum.wire.home_api import Person
from samrum.wire.ids import MsgIdField, PidField, RoomField
from samrum.wire.statements import Count, Time

MAX_WORDS = 1000
"""Characters of what a reporter or a moderator writes."""
MAX_COPY = 4000
"""Characters of the reporter's copy of the message."""


class Blocked(Wire):
    """`GET /rooms/{room}/blocked` → who was blocked, newest first: owners and moderators."""

    people: list["BlockedPerson"]


class BlockedPerson(Wire):
    """Somebody who can neither be invited nor join until `POST /rooms/{room}/unblock`."""

    person: Person
    by: PidField
    at: Time


class Unblock(Wire):
    """`POST /rooms/{room}/unblock` (204): they may come back when somebody invites them."""

    pids: Annotated[list[PidField], Meta(min_length=1, max_length=500)]


class Reason(StrEnum):
    """Why a message is reported."""

    HARASSMENT = "harassment"
    """Threats, insults, harassment."""
    HATE = "hate"
    PERSONAL = "personal"
    """Personal data or something confidential that should not stand here."""
    SPAM = "spam"
    OTHER = "other"


class Outcome(StrEnum):
    """What came of a report."""

    REMOVED = "removed"
    """The message was removed."""
    BLOCKED = "blocked"
    """Its author was removed from the room and blocked."""
    SPOKEN = "spoken"
    """Somebody spoke with those concerned."""
    NOTHING = "nothing"
    """There was no reason to act."""


class Level(StrEnum):
    """To whom a report goes."""

    ROOM = "room"
    AUTHORITY = "authority"


class NewReport(Wire):
    """`POST /reports` → `Reported`. The same person reports a message once; a repeat is the same report."""

    room: RoomField
    msg: MsgIdField
    author: PidField
    reason: Reason
    words: Annotated[str, Meta(max_length=MAX_WORDS)] = ""
    text: Annotated[str, Meta(max_length=MAX_COPY)] = ""
    """The message as the reporter sees it. Home has not checked it."""


class Reported(Wire):
    """The report's number, and to whom it went."""

    report: Count
    level: Level


class ReportInfo(Wire):
    """One report, as who decides or the reporter sees it."""

    report: Count
    room: RoomField
    title: str
    """The room's; empty for a direct message."""
    msg: MsgIdField
    author: PidField
    reporter: PidField
    reason: Reason
    words: str
    text: str
    level: Level
    at: Time
    closed: Time | None = None
    by: PidField | None = None
    """Who closed it."""
    outcome: Outcome | None = None
    answer: str = ""


class Reports(Wire):
    """`GET /reports?which=open|closed|mine&skip=` → a page of 50, newest first, and the names that stand in it."""

    reports: list[ReportInfo]
    people: list[Person]
    count: Count
    """How many there are of this kind."""
    waiting: Count
    """How many wait for this person's decision."""
    decides: bool
    """Whether this person decides over reports anywhere."""


class CloseReport(Wire):
    """`POST /reports/{report}/close` (204): what came of it. The reporter is told. Closed already: 409 `closed`."""

    outcome: Outcome
    answer: Annotated[str, Meta(max_length=MAX_WORDS)] = ""
