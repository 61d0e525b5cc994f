"""Gets a ledger from a running home, and the head from relay, as a person who is signed in on a fresh device.

That device is certified for these calls alone and ends with the sign-out.
"""

import hashlib
import secrets
import time
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.verify.ledger import Authority, Book, late
from samrum.wire import home_api, ids, jws
from samrum.wire.ledger import BadLedger
from samrum.wire.relay_api import Witnessed
from samrum.wire.statements import Head, Proof

T = TypeVar("T")
PAGE: Final = 1000
DEADLINE_SECONDS: Final = 30


class NotFetched(Exception):
    """A zone does not answer, or refuses; `args[0]` is a sentence."""


class Visitor:
    """A signed-in person; `with Visitor(home, user, password) as one:`. Raises `NotFetched`."""

    def __init__(self, home: str, user: str, password: str) -> None:
        self._home, self._user, self._password = home.rstrip("/"), user, password
        self._http = httpx.Client(timeout=DEADLINE_SECONDS, trust_env=False)
        self._cookie = ""

    def __enter__(self) -> Self:
        body = home_api.SignIn(user=self._user, password=self._password)
        try:
            self._ask(home_api.Session, "POST", "/sign-in", msgspec.json.encode(body))
        except NotFetched:
            self._http.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._send("POST", self._home + "/sign-out", b"{}", self._headers)
        self._http.close()

    def book(self, now: float) -> Book:
        """Home's ledger up to its signed head; raises `BadLedger` (`stale`) if entries wait for one since long."""
        entries: list[home_api.LedgerEntry] = []
        while True:
            page = self._ask(home_api.Ledger, "GET", f"/ledger?after={len(entries)}&limit={PAGE}")
            entries += page.entries
            if len(page.entries) < PAGE:
                break
        if page.head is None:
            raise NotFetched("home has signed no head yet")
        try:
            n = jws.peek(page.head, Head).n
        except jws.BadStatement:
            raise BadLedger("signature") from None
        if late(entries[n:], now):
            raise BadLedger("gap", "stale")
        return Book(page.head, entries[:n])

    def witnessed(self, relay: str, authority: Authority) -> str | None:
        """The head that relay witnessed; `None`: none yet."""
        key, dev = Ed25519PrivateKey.generate(), ids.new_dev()
        body = msgspec.json.encode(
            home_api.Start(dev=dev, jwk=jws.jwk_of(key.public_key()), label="samrum ledger verify", persistent=False)
        )
        digest, jti = jws.b64(hashlib.sha256(body).digest()), jws.b64(secrets.token_bytes(16))
        proof = Proof(htm="POST", path="/start", bh=digest, iat=int(time.time()), jti=jti)
        more = {"Samrum-Proof": jws.sign(proof, dev, key)}
        grant = self._ask(home_api.Started, "POST", "/start", body, more).grant
        url = f"{relay.rstrip('/')}/tenants/{authority.tenant}/head"
        return _read(Witnessed, self._send("GET", url, b"", {"Authorization": f"Bearer {grant}"})).jws

    @property
    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Origin": self._home, "Cookie": self._cookie}

    def _ask(self, want: type[T], method: str, path: str, body: bytes = b"", more: dict[str, str] | None = None) -> T:
        answer = self._send(method, self._home + path, body, self._headers | (more or {}))
        for value in answer.headers.get_list("set-cookie"):
            if value.startswith("__Host-samrum="):
                self._cookie = value.split(";")[0]
        return _read(want, answer)

    def _send(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        try:
            answer = self._http.request(method, url, content=body, headers=headers)
        except httpx.HTTPError:
            raise NotFetched(f"{url} does not answer") from None
        self._http.cookies.clear()  # home's cookie is for home alone
        if answer.status_code >= 400:
            raise NotFetched(f"{url} refuses with status {answer.status_code}")
        return answer


def public_keys(home: str) -> Authority:
    """The authority's keys as home shows them to anybody; raises `NotFetched`. Trust in them is trust in home's certificate."""
    url = home.rstrip("/") + "/keys.json"
    try:
        return _read(Authority, httpx.get(url, timeout=DEADLINE_SECONDS, trust_env=False))
    except httpx.HTTPError:
        raise NotFetched(f"{url} does not answer") from None


def _read(want: type[T], answer: httpx.Response) -> T:
    try:
        return msgspec.json.decode(answer.content, type=want)
    except msgspec.MsgspecError:
        raise NotFetched(f"{answer.url} answers with something else") from None
