"""Home's HTTP for browsers, second part: what a room's owners and members choose, channels, one's own settings. Rules as in `home_api`."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from samrum.wire.base import Wire
from samrum.wire.ids import RoomField
from samrum.wire.statements import Count, Time

MAX_TITLE = 120
MAX_TOPIC = 250
MAX_STATUS = 80
"""Characters of a title, a topic, a status."""
MAX_PICTURE = 100_000
"""Bytes of a room's picture."""
PICTURE_SIDE = 256
"""Its most pixels each way."""

Title = Annotated[str, Meta(max_length=MAX_TITLE)]
RoomTopic = Annotated[str, Meta(max_length=MAX_TOPIC)]
Status = Annotated[str, Meta(max_length=MAX_STATUS)]
Minute = Annotated[int, Meta(ge=0, lt=24 * 60)]
Weekday = Annotated[int, Meta(ge=0, le=6)]


class Access(StrEnum):
    """Who may come in without being added."""

    PRIVATE = "private"  # nobody
    PUBLIC = "public"  # everybody of this authority: a channel that stands in `GET /channels`


class Post(StrEnum):
    """The least role that may write; `moderator`: announcements."""

    MEMBER = "member"
    MODERATOR = "moderator"


class HistoryRule(StrEnum):
    """From where a new member may read."""

    OPEN = "open"  # everything, or what was written since it was last opened
    CLOSED = "closed"  # from their coming on


class Notify(StrEnum):
    """Of what in a room its member wants to be told."""

    ALL = "all"
    MENTIONS = "mentions"
    NONE = "none"


class Mine(Wire):
    """`PUT /rooms/{room}/mine` → 204: how one member sees the room, the same on all of their devices."""

    pinned: bool = False
    notify: Notify = Notify.ALL


class ChangeRoom(Wire):
    """`PATCH /rooms/{room}` → `Changed`. What is absent stays.

    Title, topic and posting are for owners and moderators; access, history and the archive for owners.
    """

    title: Title | None = None
    topic: RoomTopic | None = None
    post: Post | None = None
    access: Access | None = None
    history: HistoryRule | None = None
    """Closing begins a new epoch. After opening, newcomers read from there on, not what was written while it was closed."""
    archived: bool | None = None


class RoomPicture(Wire):
    """`PUT /rooms/{room}/picture` and `DELETE /rooms/{room}/picture` → `Changed`; 422 `bad_picture`.

    One PNG or WebP by its bytes, at most 256 x 256 pixels and 100 kB, with nothing in it but the picture.
    `GET /rooms/{room}/picture?v=` → the bytes, for who is in the room or may see it in `GET /channels`.
    """

    data: Annotated[str, Meta(max_length=4 * (MAX_PICTURE // 3 + 1), pattern="^[A-Za-z0-9_-]+$")]
    """base64url."""


class Channel(Wire):
    """A public channel, as everybody of the authority may see it."""

    room: RoomField
    title: str
    count: Count
    """How many are in it."""
    topic: str = ""
    post: Post = Post.MEMBER
    picture: str | None = None
    member: bool = False
    """One is in it."""


class Channels(Wire):
    """`GET /channels?q=&skip=&limit=` → public channels that are not archived, by title; with `q` those that a search finds.

    `POST /rooms/{room}/join` (empty object) → `Changed`: comes in. `POST /rooms/{room}/own` (empty object) → `Changed`: takes a room
    over that nobody owns.
    """

    channels: list[Channel]
    count: Count
    """How many there are in all (or are found)."""


class Hours(Wire):
    """Hours in which nothing rings, from a minute of the day to another: past midnight if that is not later."""

    start: Minute
    end: Minute
    days: Annotated[list[Weekday], Meta(max_length=7)]
    """On which they begin: 0 is Monday."""


class Settings(Wire):
    """`GET /settings` → one's own; `PUT /settings` → 204: all of them anew, on every device. 422 `bad_text`."""

    language: Literal["", "sv", "en", "de"] = ""
    """Empty: the browser's."""
    status: Status = ""
    """What one says of oneself to colleagues, and when that ends."""
    status_until: Time | None = None
    desktop: bool = True
    """Desktop notices."""
    sound: bool = True
    mail: bool = True
    """Mail about what was missed."""
    quiet: Hours | None = None
    """Do not disturb in these hours, by the clock of `zone`."""
    quiet_until: Time | None = None
    """Do not disturb until then."""
    zone: Annotated[str, Meta(max_length=64)] = ""
    """The time zone (IANA) where one was last; empty: home's own."""
    typing: bool = True
    """Others may see that one is writing. One's clients keep to it."""
