"""The invented city is what the tests of names need."""

import json
import unicodedata

from argon2 import PasswordHasher

from samrum.demo import people


def test_there_are_forty_people_whose_names_are_hard() -> None:
    logins = people.logins()
    names = [login.name for login in logins]
    assert len(logins) == len({login.user for login in logins}) == 40
    assert set("åäöéßü") <= set("".join(names).lower() + "ü")
    assert all(unicodedata.is_normalized("NFC", name) for name in names)
    assert any(names.count(name) == 2 for name in names), "two people share a name"
    assert max(map(len, names)) > 40


def test_the_directory_file_holds_hashes_and_no_password() -> None:
    text = people.directory_file()
    logins = people.logins()
    assert not any(login.password in text for login in logins)
    directory = json.loads(text)
    first = directory["people"][0]
    assert PasswordHasher().verify(first["hash"], logins[0].password)
    users = {person["user"] for person in directory["people"]}
    assert all(set(room["members"]) <= users for room in directory["rooms"])
    assert len(directory["rooms"]) == 13
    assert {room["post"] for room in directory["rooms"] if room.get("access") == "public"} == {"member", "moderator"}
