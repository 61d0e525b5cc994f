"""No log of any zone holds a name, a text, a password, a token or an address, whatever happens."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import httpx
import pytest

from samrum.wire.statements import Kind
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
    words = ["Loggarnas", "fel-ord-11", "127.0.0.1"]
    words += [word for login in city.ready["logins"] for word in (login["name"], login["user"], login["password"])]
    for file in city.data("logs").iterdir():
        text = file.read_text()
        found = [word for word in words if word.lower() in text.lower()]
        assert not found, f"{file.name}: {found}"
        assert file.name != "livekit.log" or "[address]" in text
