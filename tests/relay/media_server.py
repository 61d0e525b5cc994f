"""A LiveKit server for the tests of meetings, and a client that speaks its signalling only (no media)."""

import asyncio
import base64
import contextlib
import hashlib
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
from livekit.api import AccessToken
from livekit.protocol.models import DisconnectReason
from livekit.protocol.rtc import SignalResponse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

BINARY = Path(__file__).parents[2] / "build" / "livekit-server"
KEY, SECRET = "relaytest", "s" * 40


class LiveKitProcess:
    """LiveKit on loopback, with its webhook to relay."""

    def __init__(self, base: Path, port: int, relay_http: str) -> None:
        self.http, self.public = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"
        self.log = base / "livekit.log"
        self.keys = base / "livekit.keys"
        self.keys.write_text(f"{KEY}: {SECRET}\n")
        self.keys.chmod(0o600)
        self._config = base / "livekit.yaml"
        self._config.write_text(
            json.dumps(
                {
                    "port": port,
                    "bind_addresses": ["127.0.0.1"],
                    "key_file": str(self.keys),
                    "rtc": {
                        "udp_port": port + 1,
                        "tcp_port": 0,
                        "node_ip": "127.0.0.1",
                        "use_external_ip": False,
                        "enable_loopback_candidate": True,
                        "interfaces": {"includes": ["lo"]},
                    },
                    "room": {"auto_create": False},
                    "webhook": {"api_key": KEY, "urls": [f"{relay_http}/livekit/webhook"]},
                    "logging": {"level": "warn"},
                }
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def relay_config(self) -> dict[str, str]:
        return {"url": self.http, "public": self.public, "keys": str(self.keys)}

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([BINARY, "--config", str(self._config)], stdout=log, stderr=log)
        async with httpx.AsyncClient() as http:
            for _ in range(200):
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(self.http)).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextlib.asynccontextmanager
async def inside(url: str, token: str) -> AsyncIterator[ClientConnection]:
    """A participant that has joined by signalling."""
    query = urlencode({"access_token": token, "protocol": 15, "auto_subscribe": 1, "sdk": "python", "version": "1"})
    async with connect(f"{url}/rtc?{query}", max_size=None, ping_interval=None, close_timeout=1) as ws:
        assert (await answer(ws)).HasField("join")
        yield ws


async def answer(ws: ClientConnection) -> SignalResponse:
    """The next message of LiveKit."""
    data = await asyncio.wait_for(ws.recv(), 10)
    assert isinstance(data, bytes)
    response = SignalResponse()
    response.ParseFromString(data)
    return response


async def put_out(ws: ClientConnection, seconds: float = 10) -> str:
    """Why LiveKit ended this participant."""
    async with asyncio.timeout(seconds):
        with contextlib.suppress(ConnectionClosed):
            while True:
                response = await answer(ws)
                if response.HasField("leave"):
                    return DisconnectReason.Name(response.leave.reason)
    return "CLOSED"


async def notify(relay_http: str, room: str, secret: str = SECRET) -> int:
    """A webhook as LiveKit signs it; the status of relay's answer."""
    body = json.dumps({"event": "participant_joined", "room": {"name": room}}).encode()
    token = AccessToken(KEY, secret).with_sha256(base64.b64encode(hashlib.sha256(body).digest()).decode()).to_jwt()
    async with httpx.AsyncClient() as http:
        headers = {"authorization": token, "content-type": "application/webhook+json"}
        return (await http.post(f"{relay_http}/livekit/webhook", content=body, headers=headers)).status_code
