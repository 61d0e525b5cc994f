"""No log of any zone holds a name, a text, a password, a token or an address, whatever happens.

The same is asked of every log once more when a city ends, after all that tests and browsers did to it (`tests/city/launch.py`).
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import httpx
import pytest

from samrum.demo import people
from samrum.wire.statements import Kind
from tests.city import logs
from tests.city.client import Device, Refused
from tests.city.launch import City


def token(key: str, secret: str, *, expired: bool, grant: dict[str, object] | None = None) -> str:
    """A LiveKit access token (JWT, HS256) for nobody in particular."""

    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    now = int(time.time())
    claims = {"iss": key, "sub": "nobody", "nbf": now - 7200, "exp": now - 3600 if expired else now + 60}
    body = (
        part({"alg": "HS256", "typ": "JWT"})
        + "."
        + part({**claims, "video": grant or {"roomJoin": True, "room": "c_none"}})
    )
    mac = hmac.digest(secret.encode(), body.encode(), hashlib.sha256)
    return body + "." + base64.urlsafe_b64encode(mac).decode().rstrip("=")


async def test_an_expired_or_broken_media_token_leaves_no_trace(city: City) -> None:
    if city.ready["livekit"] is None:
        pytest.skip("LiveKit is not built")
    key, secret = (part.strip() for part in (city.data("relay") / "livekit.keys").read_text().split(":"))
    log = city.data("logs") / "livekit.log"
    before = log.stat().st_size
    url = city.ready["livekit"].replace("ws:", "http:")
    async with httpx.AsyncClient(trust_env=False) as http:
        for bad in (token(key, secret, expired=True), token(key, "x" * 40, expired=False), "eyJub3QtYS10b2tlbg.eyJ4.y"):
            for path in ("/rtc/validate", "/rtc/v1/validate"):
                answer = await http.get(url + path, params={"access_token": bad})
                assert answer.status_code in {401, 404}
    async with asyncio.timeout(10):
        while log.stat().st_size == before:
            await asyncio.sleep(0.1)
    for file in city.data("logs").iterdir():
        text = file.read_bytes()
        assert b"eyJ" not in text, file.name
        assert b"access_token=" not in text, file.name


async def test_no_log_knows_who_anyone_is_or_what_anyone_says(city: City) -> None:
    asa, bjorn = city.ready["logins"][:2]
    with pytest.raises(Refused):
        async with Device(city.ready, {**asa, "password": "fel-ord-11"}):
            pass
    async with Device(city.ready, asa) as a, Device(city.ready, bjorn):
        room = await a.create(Kind.GROUP, "Loggarnas rum", await a.find(bjorn["name"]))
        await a.send(room, "Loggarnas ord")
        await a.socket.close()
        with pytest.raises(Refused):
            await a.open_stream(grant=token("k", "s" * 32, expired=False))
    for file in city.data("logs").iterdir():
        text = file.read_text().lower()
        assert not [word for word in ("loggarnas", "fel-ord-11") if word in text], file.name
        assert file.name != "livekit.log" or "[address]" in text
    counted = logs.lines(city.data("logs"))
    assert set(counted) == {"home", "relay"} | ({"livekit"} if city.ready["livekit"] else set())
    assert all(counted.values())
    assert logs.faults(city.data("logs")) == []


GOOD = {"event": "sign_in.done", "level": "info", "at": "2026-01-02T03:04:05.678901Z", "zone": "home"}


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"person": "p_" + "a" * 26, "count": 3, "code": "slow", "ratio": 0.5, "ok": True, "nothing": None}, []),
        ({"title": "Åsas rum"}, ["the fact title"]),
        ({"who": "p_" + "a" * 25}, []),  # looks like a word; the logger itself writes "?" for it
        ({"list": ["a"]}, ["the fact list"]),
        ({"event": "Åsa came"}, ["no event of ours"]),
        ({"zone": "relay"}, ["another zone's line"]),
        ({"at": "today"}, ["no moment"]),
        ({"peer": "10.1.2.3"}, ["an address", "the fact peer"]),
        ({"peer": "fe80::1c2d:3eff:fe4a:5b6c"}, ["an address", "the fact peer"]),
        ({"url": "/rtc?access_token=x"}, ["a query string", "the fact url"]),
        ({"grant": "eyJhbGciOi.J9"}, ["a token"]),
        ({"who": people.logins()[0].user}, ["a name"]),
    ],
)
def test_what_must_not_stand_in_a_log_is_seen(more: dict[str, object], wrong: list[str]) -> None:
    names = {login.user.lower() for login in people.logins()}
    assert logs.of_line("home", json.dumps({**GOOD, **more}), names) == wrong
    assert logs.of_line("home", "Traceback (most recent call last):", names) == ["no JSON"]
