"""The invented city: who is in it, and the directory file that home reads.

`city.toml` is the source. The directory file carries argon2id hashes (RFC 9106) instead of passwords, so that the demo's
people go through the same sign-in as local accounts do; passwords are shown by the launcher alone.
"""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec
from argon2 import PasswordHasher

DOMAIN = "sjovik.example"
"""Of the city's mail addresses. No mail leaves the demo: home writes it to a folder."""
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""The least of OWASP's equal choices for argon2id (Password Storage Cheat Sheet): forty hashes are made while somebody waits."""


class Login(msgspec.Struct, frozen=True):
    """One demo login, as the ready file shows it."""

    user: str
    password: str
    name: str


class _Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user: str
    name: str
    title: str
    password: str
    may: list[str] = []


class _Department(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    people: list[_Person]


class _Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["group", "channel"]
    title: str
    members: Literal["everybody"] | list[str]
    topic: str = ""
    access: Literal["private", "public"] = "private"
    post: Literal["member", "moderator"] = "member"


class _City(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    department: list[_Department]
    room: list[_Room]


def _city() -> _City:
    return msgspec.convert(tomllib.loads(Path(__file__).with_name("city.toml").read_text("utf-8")), _City)


def logins() -> list[Login]:
    """Every demo login; the first two are the ones to show."""
    return [Login(p.user, p.password, p.name) for department in _city().department for p in department.people]


def directory_file() -> str:
    """Home's directory file as JSON: `people` with `user, name, department, title, hash, may, mail`, `rooms` with `kind, title, members, topic, access, post`.

    A room's first member owns it; every department has a group of its own.
    """
    city = _city()
    people = [
        {
            "user": p.user,
            "name": p.name,
            "department": d.name,
            "title": p.title,
            "hash": HASHER.hash(p.password),
            "may": p.may,
            "mail": f"{p.user}@{DOMAIN}",
        }
        for d in city.department
        for p in d.people
    ]
    everybody = [p["user"] for p in people]
    rooms = [
        {**msgspec.structs.asdict(r), "members": everybody if r.members == "everybody" else r.members}
        for r in city.room
    ]
    rooms += [{"kind": "group", "title": d.name, "members": [p.user for p in d.people]} for d in city.department]
    return msgspec.json.format(msgspec.json.encode({"people": people, "rooms": rooms}), indent=1).decode() + "\n"
