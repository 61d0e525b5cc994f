"""Home's HTTP for incoming webhooks: an owner makes one in a room, and whoever has its address writes into the room. As `home_api` otherwise.

A webhook writes under a pseudonym and a device of its own, which live at home: it is a member of the room by the signed roster, so that
everybody sees who writes. `POST /hooks/{token}` itself takes no cookie and no `Origin`: `{"text": "…"}`, at most 60 KiB, other fields are
passed over; 202 once it is durable at home, 404 for every address that is none, 429 with `retry_after`.
"""

from typing import Annotated

from msgspec import Meta

from samrum.wire.base import Wire
from samrum.wire.ids import PidField
from samrum.wire.statements import Count, Time

MAX_NAME = 60


class Hook(Wire):
    """One webhook of a room."""

    pid: PidField
    """Its pseudonym, by which it is named in requests too."""
    name: str
    by: PidField
    """Who made it."""
    created: Time
    used: Time | None = None
    """When relay took its last message."""
    waiting: Count = 0
    """Messages that wait for relay."""


class Hooks(Wire):
    """`GET /rooms/{room}/hooks`: owners."""

    hooks: list[Hook]


class NewHook(Wire):
    """`POST /rooms/{room}/hooks` → `HookMade`: owners; at most 20 a room (409 `too_many`)."""

    name: Annotated[str, Meta(max_length=MAX_NAME)]


class HookMade(Wire):
    """A new webhook, or `POST /rooms/{room}/hooks/{pid}/rotate` of an old one; `POST /rooms/{room}/hooks/{pid}/remove` (204) ends it."""

    hook: Hook
    url: str
    """With the secret, which is shown this once: home keeps its hash."""
