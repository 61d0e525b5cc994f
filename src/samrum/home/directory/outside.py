"""Reading the directory file: UTF-8 JSON, unknown fields refused.

    {"people": [{"user": "asa.ek", "name": "Åsa Ek", "department": "…", "title": "…", "hash": "$argon2id$…",
                 "may": ["channels"], "mail": "asa.ek@…"}],
     "rooms":  [{"kind": "group", "title": "…", "members": ["asa.ek", …], "topic": "…", "access": "public", "post": "moderator"}]}

`hash` is an argon2id hash (RFC 9106) as argon2-cffi writes it; `may` and `mail` are optional, as are a room's `topic`, `access` and `post`. A room's first member owns it.
"""

import unicodedata
from pathlib import Path

import msgspec

from samrum.home.config import is_mail
from samrum.plumbing.config import BadConfig
from samrum.wire.rooms_api import Access, Post
from samrum.wire.statements import Kind


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person."""

    user: str
    name: str
    hash: str
    department: str = ""
    title: str = ""
    may: list[str] = []
    """Rights beyond everybody's: `channels` (may create channels), `moderate` (decides over reports that nobody in a room should)."""

    mail: str = ""
    """Where home's letters about missed activity go; without it there are none."""

    def login(self) -> str:
        """The user name as it is compared."""
        return login_of(self.user)


class FirstRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A room to make at the first start."""

    kind: Kind
    title: str
    members: list[str]
    topic: str = ""
    access: Access = Access.PRIVATE
    post: Post = Post.MEMBER


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    people: list[Entry]
    rooms: list[FirstRoom] = []


def login_of(user: str) -> str:
    """A user name as it is compared: composed, without case or surrounding space."""
    return unicodedata.normalize("NFC", user).strip().casefold()


def read(path: Path) -> File:
    """The directory file; raises `BadConfig`, whose sentence names no person."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=File)
    except OSError as error:
        raise BadConfig(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise BadConfig(f"{path}: {error}") from None
    logins = {entry.login() for entry in file.people}
    if len(logins) != len(file.people):
        raise BadConfig(f"{path}: a user stands twice")
    if any(entry.mail and not is_mail(entry.mail) for entry in file.people):
        raise BadConfig(f"{path}: mail must be an address such as asa.ek@stad.example, in plain letters")
    for place, room in enumerate(file.rooms):
        if not room.members or not {login_of(user) for user in room.members} <= logins:
            raise BadConfig(f"{path}: rooms[{place}]: members must be people of this file, and at least one")
    return file
