"""Home's HTTP: the session's cookie, requests as home wants them, and proofs by the device."""

import hashlib
import secrets
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from samrum.client.device import Device
from samrum.client.errors import Away, Refused
from samrum.wire import home_api, jws
from samrum.wire.base import Problem, Wire
from samrum.wire.codes import Code
from samrum.wire.statements import Proof

T = TypeVar("T")
SECONDS: Final = 15.0
COOKIE: Final = "__Host-samrum"


class HomeDoor:
    """Home, as this device asks it."""

    def __init__(self, url: str, device: Device, tls: ssl.SSLContext | None) -> None:
        self.url, self._device = url.rstrip("/"), device
        self._http = httpx.AsyncClient(trust_env=False, timeout=SECONDS, verify=tls if tls is not None else True)
        self._cookie = ""
        self._ahead = 0.0
        """Seconds that home's clock is ahead of ours."""

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def sign_in(self, user: str, password: str) -> None:
        """Opens a session; raises `Refused` or `Away`."""
        self._cookie = ""
        await self.ask("POST", "/sign-in", home_api.SignIn(user=user, password=password), want=home_api.Session)

    async def start(self, label: str) -> home_api.Started:
        """Everything to begin with; certifies the device if it is new."""
        jwk = jws.jwk_of(self._device.key.public_key())
        form = home_api.Start(dev=self._device.dev, jwk=jwk, label=label, persistent=True)
        return await self.ask("POST", "/start", form, want=home_api.Started, proven=True)

    async def ask(
        self, method: str, path: str, body: Wire | dict[str, Any] | None = None, *, want: type[T], proven: bool = False
    ) -> T:
        """The answer as `want`; `proven`: signed by the device. Raises `Refused` or `Away`."""
        try:
            return await self._once(method, path, body, want=want, proven=proven)
        except Refused as error:
            if not (proven and error.code == Code.BAD_PROOF):
                raise
            # Our clock was off; the answer itself told home's.
            return await self._once(method, path, body, want=want, proven=proven)

    async def _once(
        self, method: str, path: str, body: Wire | dict[str, Any] | None, *, want: type[T], proven: bool
    ) -> T:
        raw = b"" if body is None else msgspec.json.encode(body)
        headers = {"origin": self.url, "content-type": "application/json", "cookie": self._cookie}
        if proven:
            headers["samrum-proof"] = self._proof(method, path, raw)
        try:
            answer = await self._http.request(method, self.url + path, content=raw, headers=headers)
        except httpx.HTTPError:
            raise Away from None
        self._hear(answer)
        if answer.status_code >= 400:
            raise _refusal(answer)
        try:
            return msgspec.json.decode(answer.content or b"null", type=want)
        except msgspec.MsgspecError:
            raise Refused(Code.UNSUPPORTED) from None  # a newer home

    def _hear(self, answer: httpx.Response) -> None:
        for value in answer.headers.get_list("set-cookie"):
            if value.startswith(f"{COOKIE}="):
                self._cookie = value.split(";")[0]
        if "date" in answer.headers:
            self._ahead = parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()

    def _proof(self, method: str, path: str, raw: bytes) -> str:
        proof = Proof(
            htm=method,
            path=path,
            bh=jws.b64(hashlib.sha256(raw).digest()),
            iat=int(time.time() + self._ahead),
            jti=jws.b64(secrets.token_bytes(16)),
        )
        return jws.sign(proof, self._device.dev, self._device.key)


def query(**values: object) -> str:
    """A query string."""
    return "?" + "&".join(f"{name}={quote(str(value), safe='')}" for name, value in values.items())


def _refusal(answer: httpx.Response) -> Exception:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.MsgspecError:
        return Away()
    if answer.status_code >= 500:
        return Away()
    return Refused(problem.code, problem.retry_after, problem.have)
