"""Sign-in, sessions and the rules of the door. Refusals share the set-up of a success and end with one."""

import asyncio
import time
from pathlib import Path

import argon2
import httpx
import msgspec
import pytest

from samrum.plumbing.config import BadConfig
from samrum.wire import ids
from samrum.wire.home_api import Session
from tests.home.client import Person, Refused
from tests.home.running import PASSWORD, Running, entry, make_config, running, until, write_directory


async def refused(person: Person, password: str) -> Refused:
    with pytest.raises(Refused) as error:
        await person.sign_in(password)
    return error.value


async def test_signs_in_whatever_the_case_of_the_user_name(home: Running) -> None:
    person = home.person(0)
    person.user = " PERSON0"
    session = await person.sign_in()
    assert session.tenant == home.config.tenant
    assert await person.ask("GET", "/session", want=Session) == session


async def test_wrong_password_and_unknown_user_get_the_same_answer(home: Running) -> None:
    known, unknown = home.person(0), home.person(0)
    unknown.user = "nobody"
    answers = [
        await person.raw("POST", "/sign-in", {"user": person.user, "password": "x"}) for person in (known, unknown)
    ]
    assert [(a.status_code, a.content) for a in answers] == [(401, b'{"code":"sign_in_failed"}')] * 2
    kept = [{name: value for name, value in a.headers.items() if name != "date"} for a in answers]
    assert kept[0] == kept[1]
    await known.sign_in()


async def test_unknown_user_costs_as_much_as_a_known_one(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    write_directory(config, [entry(0, hash=argon2.PasswordHasher().hash(PASSWORD))])
    async with running(config) as home:
        person, times = home.person(0), {"person0": [], "nobody": []}
        for _ in range(4):
            for user, taken in times.items():
                person.user = user
                begun = time.perf_counter()
                await refused(person, "wrong")
                taken.append(time.perf_counter() - begun)
        known, unknown = (min(taken) for taken in times.values())
        assert 0.5 < unknown / known < 2


async def test_slows_a_user_after_five_failures_even_with_the_right_password(home: Running) -> None:
    person, other = home.person(0), home.person(1)
    codes = [(await refused(person, "wrong")).code for _ in range(6)]
    assert codes == ["sign_in_failed"] * 5 + ["too_many_tries"]
    slowed = await refused(person, PASSWORD)
    assert (slowed.status, slowed.code) == (429, "too_many_tries")
    assert slowed.retry_after is not None
    assert 0 < slowed.retry_after <= 1
    await other.sign_in()
    home.clock.time += slowed.retry_after
    assert (await refused(person, "wrong")).code == "sign_in_failed"
    longer = (await refused(person, PASSWORD)).retry_after
    assert longer is not None
    assert longer > slowed.retry_after
    home.clock.time += longer
    await person.sign_in()
    assert (await refused(person, "wrong")).code == "sign_in_failed"


async def test_slows_an_unknown_user_just_so(home: Running) -> None:
    person = home.person(0)
    person.user = "nobody"
    assert [(await refused(person, "wrong")).code for _ in range(6)] == ["sign_in_failed"] * 5 + ["too_many_tries"]


async def test_slows_an_address_that_tries_many_users(tmp_path: Path) -> None:
    async with running(make_config(tmp_path, people=34)) as home:
        codes = [(await refused(home.person(number), "wrong")).code for number in range(32)]
        assert codes == ["sign_in_failed"] * 30 + ["too_many_tries"] * 2
        assert (await refused(home.person(33), PASSWORD)).code == "too_many_tries"
        home.clock.time += 10
        await home.person(33).sign_in()


async def test_parallel_tries_do_not_slip_through(home: Running) -> None:
    people = [home.person(0) for _ in range(12)]
    codes = await asyncio.gather(*(refused(person, "wrong") for person in people))
    assert sorted(error.code for error in codes).count("sign_in_failed") == 5


async def test_cookie_is_bound_to_host_and_page(home: Running) -> None:
    answer = await home.person(0).raw("POST", "/sign-in", {"user": "person0", "password": PASSWORD})
    name, _, rest = answer.headers["set-cookie"].partition("=")
    value, *marks = rest.split("; ")
    assert name == "__Host-samrum"
    assert len(value) == 43
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(marks)
    assert not any(mark.startswith("Domain") for mark in marks)
    assert value.encode() not in (home.config.data / "home.db-wal").read_bytes()


async def test_refuses_requests_of_other_pages(home: Running) -> None:
    person = await home.person(0).enter()
    for name, value in (
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", ""),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-type", "text/plain"),
        ("content-type", ""),
    ):
        for method, path in (("POST", "/sign-out"), ("POST", "/rooms"), ("PATCH", "/rooms/x"), ("POST", "/sign-in")):
            answer = await person.raw(method, path, {}, headers={name: value})
            assert (answer.status_code, answer.content) == (403, b'{"code":"bad_origin"}'), (name, value, path)
    await person.ask("GET", "/session", want=Session)
    assert (await person.raw("POST", "/sign-out", {})).status_code == 204


async def test_sign_out_ends_the_session_and_no_other(home: Running) -> None:
    here, there = await home.enter(0, 0)
    cookie = here.cookie
    answer = await here.raw("POST", "/sign-out", {})
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    here.cookie = cookie
    assert (await here.raw("GET", "/session")).content == b'{"code":"signed_out"}'
    await there.ask("GET", "/session", want=Session)


async def test_nothing_opens_without_a_session(home: Running) -> None:
    room, person = ids.new_room(), home.person(0)
    asked = [("GET", path, None) for path in ("/session", "/people?q=a", "/since/0", "/devices", "/ledger")] + [
        ("POST", "/sign-out", {}),
        ("POST", "/start", person.start_form()),
        ("POST", "/grant", {}),
        ("POST", "/rooms", {"room": room, "kind": "group", "members": [], "title": "x"}),
        ("POST", f"/rooms/{room}/members", {}),
        ("PATCH", f"/rooms/{room}", {"title": "x"}),
        ("POST", "/rosters", {"rooms": {}}),
        ("POST", "/keys", {}),
        ("POST", "/names", {"pids": []}),
        ("POST", "/certs", {"devs": []}),
        ("POST", f"/devices/{person.dev}/revoke", {}),
    ]
    for cookie in ("", "__Host-samrum=x", "__Host-samrum=" + "A" * 43):
        person.cookie = cookie
        for method, path, body in asked:
            assert (await person.raw(method, path, body)).content == b'{"code":"signed_out"}', path
    await person.enter()
    answers = [await person.raw(method, path, body) for method, path, body in asked if path != "/sign-out"]
    assert not [one for one in answers if one.content == b'{"code":"signed_out"}']


async def test_sessions_end_after_twelve_idle_hours_or_thirty_days(home: Running) -> None:
    began = home.clock.time
    idle, busy = await home.enter(0, 1)
    home.clock.time += 12 * 3600 - 1
    await busy.ask("GET", "/session", want=Session)
    home.clock.time += 1
    assert (await idle.raw("GET", "/session")).status_code == 401
    for _ in range(60):
        await busy.ask("GET", "/session", want=Session)
        home.clock.time += 12 * 3600 - 301
    home.clock.time = began + 30 * 86_400 - 1
    await busy.ask("GET", "/session", want=Session)
    home.clock.time += 1
    assert (await busy.raw("GET", "/session")).status_code == 401


async def test_shared_computer_forgets_after_twelve_hours_whatever_happens(home: Running) -> None:
    person = home.person(0)
    await person.sign_in()
    form = person.start_form(persistent=False)
    proof = person.proof("POST", "/start", msgspec.json.encode(form))
    answer = await person.raw("POST", "/start", form, proof=proof)
    assert answer.status_code == 200
    assert "Max-Age" not in answer.headers["set-cookie"]
    home.clock.time += 6 * 3600
    await person.ask("GET", "/session", want=Session)
    home.clock.time += 6 * 3600
    assert (await person.raw("GET", "/session")).status_code == 401


async def test_who_left_the_directory_is_out_at_the_next_start(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    async with running(config) as home:
        leaver, stayer = await home.enter(0, 1)
        cookies = leaver.cookie, stayer.cookie
    write_directory(config, [entry(number) for number in range(1, 8)])
    async with running(config) as home:
        gone, still = home.person(0), home.person(1)
        gone.cookie, still.cookie = cookies
        assert (await gone.raw("GET", "/session")).status_code == 401
        assert (await refused(gone, PASSWORD)).code == "sign_in_failed"
        await still.ask("GET", "/session", want=Session)
        await until(lambda: home.relay.revocations)
        assert [(one.pid, one.dev) for one in home.relay.revocations] == [(leaver.pid, None)]
    write_directory(config, [entry(number) for number in range(8)])
    async with running(config) as home:
        assert (await home.person(0).enter()).pid == leaver.pid


async def test_a_broken_directory_file_locks_nobody_out(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    async with running(config) as home:
        await home.enter(7)
    write_directory(config, [entry(0)])
    with pytest.raises(BadConfig, match="7 of 8"):
        async with running(config):
            pass
    write_directory(config, [entry(number) for number in range(8)])
    async with running(config) as home:
        await home.enter(7)


async def test_unknown_fields_and_other_types_are_refused(home: Running) -> None:
    person = home.person(0)
    good = {"user": "person0", "password": PASSWORD}
    for bad in ({**good, "display_name": "x"}, {"user": 1, "password": "x"}, {"user": "person0"}, [], "x"):
        assert (await person.raw("POST", "/sign-in", bad)).content == b'{"code":"bad_request"}'
    assert (await person.raw("POST", "/sign-in", good)).status_code == 200


async def test_foreign_pages_are_not_told_that_they_may_read(home: Running) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(home.config.url + "/health", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
