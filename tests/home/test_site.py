"""The web client's files, the policy made from the register, the register for people."""

import gzip
import hashlib
import re
from pathlib import Path

import httpx
import pytest

from samrum.home.config import HomeConfig
from samrum.home.flows import outside, policy, register
from samrum.home.flows.outside import NoSuchFlow, Outgoing
from samrum.plumbing.config import BadConfig
from tests.home.running import ROOT, Running, make_config


def build_client(config: HomeConfig) -> None:
    (config.web / "assets").mkdir()
    (config.web / "index.html").write_text("<!doctype html><p>client")
    (config.web / "assets" / "app-1a2b.js").write_text("let a = 1;" * 100)
    (config.web / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"let a = 1;" * 100))
    (config.data / "secret.txt").write_text("secret")


async def get(home: Running, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.get(home.config.url + path, headers={"accept-encoding": "", **headers})


async def test_policy_is_exactly_this(home: Running) -> None:
    relay = home.config.relay
    answers = [await get(home, path) for path in ("/", "/health", "/session", "/nothing.js")]
    for answer in answers:
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; manifest-src 'self'; "
            f"connect-src 'self' {relay.http} http://127.0.0.1:7880 {relay.stream} ws://127.0.0.1:7880; "
            "img-src 'self' blob:; media-src 'self' blob:; style-src 'self'; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types samrum"
        )
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["permissions-policy"].startswith(
            "camera=(self), microphone=(self), display-capture=(self)"
        )
        assert "strict-transport-security" not in answer.headers
        assert "server" not in answer.headers
        assert re.search(r"\d\d:\d\d:\d\d GMT$", answer.headers["date"])
    assert [answer.headers["cache-control"] for answer in answers] == ["no-cache", "no-store", "no-store", "no-store"]


def test_policy_follows_register_and_configuration() -> None:
    flows = register.read(ROOT / "flows.toml")
    known = {"home": "https://h.example", "relay.http": "https://r.example:8443/x", "relay.stream": "wss://r.example"}
    made = policy.headers(flows, known, tls=True)
    assert "connect-src 'self' https://r.example:8443 wss://r.example;" in made["content-security-policy"]
    assert made["strict-transport-security"] == "max-age=31536000"
    less = register.Register(party=flows.party, flow=[one for one in flows.flow if one.id != "browser-relay"])
    assert "https://r.example" not in policy.headers(less, known, tls=True)["content-security-policy"]


async def test_what_is_not_in_the_register_cannot_be_connected_to() -> None:
    flows = register.read(ROOT / "flows.toml")
    outgoing = Outgoing(flows, {"relay.http": "http://127.0.0.1:1", "licensing": "http://127.0.0.1:1"})
    for flow in ("home-licensing", "browser-relay", "home-gate-licensing", "relay-store"):
        with pytest.raises(NoSuchFlow):
            await outgoing.request(flow, "POST", "/", b"", {})
    with pytest.raises(outside.Unreachable):
        await outgoing.request("home-relay", "POST", "/", b"", {})
    await outgoing.close()


async def test_client_files_and_their_caching(home: Running) -> None:
    assert "not built" in (await get(home, "/")).text
    build_client(home.config)
    index = await get(home, "/?lang=en")
    assert (index.text, index.headers["content-type"]) == ("<!doctype html><p>client", "text/html; charset=utf-8")
    assert index.headers["cache-control"] == "no-cache"
    assert (await get(home, "/", **{"if-none-match": index.headers["etag"]})).status_code == 304
    script = await get(home, "/assets/app-1a2b.js", **{"accept-encoding": "gzip"})
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["vary"] == "Accept-Encoding"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = await get(home, "/assets/app-1a2b.js", **{"accept-encoding": "br, gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert plain.text == script.text
    deep = await get(home, "/somewhere", accept="text/html")
    assert deep.text == index.text
    for path in (
        "/assets/app-1a2b.js.gz",
        "/secret.txt",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/x.js",
        "/x",
    ):
        answer = await get(home, path)
        assert (answer.status_code, answer.content) == (404, b'{"code":"not_found"}'), path
    (home.config.web / "index.html").write_text("<!doctype html><p>newer")
    assert "newer" in (await get(home, "/")).text


async def test_the_list_of_files_is_what_is_served_and_what_the_ledger_has(home: Running) -> None:
    assert (await get(home, "/client.json")).status_code == 404
    build_client(home.config)
    answer = await get(home, "/client.json")
    assert answer.headers["cache-control"] == "no-store"
    build = answer.json()
    assert sorted(build["files"]) == ["assets/app-1a2b.js", "index.html"]
    for path, digest in build["files"].items():
        assert hashlib.sha256((await get(home, f"/{path}")).content).hexdigest() == digest
    lines = "".join(f'{path} "{digest}"\n' for path, digest in sorted(build["files"].items()))
    assert build["digest"] == hashlib.sha256(lines.encode()).hexdigest()


async def test_register_for_people(home: Running) -> None:
    flows = {one["id"]: one for one in (await get(home, "/flows")).json()}
    assert set(flows["browser-relay-stream"]) == {
        "id", "from", "to", "party", "country", "purpose", "basis", "categories", "fields", "retention", "on",
    }  # fmt: skip
    assert flows["browser-home"]["party"] == "Provstad"
    assert not flows["home-gate-licensing"]["on"]


def test_elsewhere_needs_tls(tmp_path: Path) -> None:
    config = make_config(tmp_path, listen="0.0.0.0:21597")
    with pytest.raises(BadConfig, match="tls_cert and tls_key are needed"):
        config.tls()
    assert make_config(tmp_path, listen="0.0.0.0:21597", tls_cert="c", tls_key="k").tls() == ("c", "k")
