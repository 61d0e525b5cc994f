"""The WebSocket: picows callbacks, the limits of a connection, and how it ends.

An upgrade needs an `Origin` that a tenant registered and no `Cookie` header (addresses: docs/protocol.md). Only whole binary messages
are read. What a connection does not read fast enough waits, up to `wire.stream.QUEUE_BYTES`; then it is `slow` and closed.
"""

import asyncio
import socket
import ssl
from collections import deque
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from samrum.relay.stream.handshake import Handshake
from samrum.wire import stream
from samrum.wire.base import Problem, Wire
from samrum.wire.codes import Code
from samrum.wire.ids import Dev, Pid, TenantId

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from samrum.relay.stream.actions import Stream

HELLO_SECONDS: Final = 10.0
HALF_OPEN: Final = 1000
"""Connections that have not proven who they are; further upgrades get 503."""
BYE_SECONDS: Final = 3.0
"""How long a goodbye may take to arrive before the connection is cut."""
WAITING_REQUESTS: Final = 200
READ_BUFFER: Final = 1024


class Stage(Enum):
    """How far a connection has come."""

    HELLO = auto()
    PROOF = auto()
    WELCOME = auto()
    OPEN = auto()
    CLOSED = auto()


class Connection(WSListener):
    """One connection; a `hub.Link` once its stage is `OPEN`."""

    tenant: TenantId
    pid: Pid
    dev: Dev
    key: "Ed25519PublicKey"

    def __init__(self, owner: "Stream", handshake: Handshake) -> None:
        self._owner = owner
        self.handshake = handshake
        self.stage = Stage.HELLO
        self.requests: deque[Wire] = deque()
        self.answering = False
        self.timer: asyncio.TimerHandle | None = None
        self._transport: WSTransport | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The upgrade is done."""
        self._transport = transport
        self._owner.arrived()
        self.timer = asyncio.get_running_loop().call_later(HELLO_SECONDS, self.bye, Code.BAD_GRANT)

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        """One WebSocket frame."""
        if self.stage is Stage.CLOSED:
            if frame.msg_type is WSMsgType.CLOSE and self._transport is not None:
                self._transport.disconnect()
            return
        if frame.msg_type is WSMsgType.BINARY and frame.fin:
            self._owner.receive(self, frame.get_payload_as_bytes())
        elif frame.msg_type is WSMsgType.CLOSE:
            self._end()
            assert self._transport is not None
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()
        elif frame.msg_type is WSMsgType.PING:
            self._owner.ping(self, frame.get_payload_as_bytes())
        elif frame.msg_type is not WSMsgType.PONG:
            self.bye(Code.BAD_FRAME)

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """The connection is gone."""
        self._end()
        self._writable.set()
        self._transport = None

    def pause_writing(self) -> None:
        """The peer does not read: answers wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It reads again."""
        self._writable.set()

    async def writable(self) -> None:
        """Returns when the peer has read most of what was sent, or is gone."""
        await self._writable.wait()

    def send(self, data: bytes) -> None:
        """Queues the bytes of one frame; a connection that does not read is closed."""
        if self.stage is Stage.CLOSED or self._transport is None:
            return
        self._transport.send(WSMsgType.BINARY, data)
        if self._transport.underlying_transport.get_write_buffer_size() > stream.QUEUE_BYTES:
            self.bye(Code.SLOW)

    def answer(self, frame: Wire) -> None:
        """Sends one frame to this connection alone."""
        self.send(stream.encode(frame))

    def pong(self, data: bytes) -> None:
        """Answers a WebSocket ping."""
        if self._transport is not None:
            self._transport.send_pong(data)

    def bye(self, code: Code) -> None:
        """Says goodbye and closes: when the peer has answered, or after a moment.

        Closing at once, with bytes of the peer unread, would reset the connection and lose the goodbye.
        """
        transport = self._transport
        if self.stage is Stage.CLOSED or transport is None:
            return
        self._owner.said_bye(self, code)
        self._end()
        transport.send(WSMsgType.BINARY, stream.encode(stream.Bye(code=code)))
        transport.send_close(WSCloseCode.OK)
        asyncio.get_running_loop().call_later(BYE_SECONDS, _cut, transport)

    def _end(self) -> None:
        if self.stage is not Stage.CLOSED:
            self._owner.left(self)
            self.stage = Stage.CLOSED
            self.requests.clear()
            if self.timer is not None:
                self.timer.cancel()


def _cut(transport: WSTransport) -> None:
    if not transport.is_disconnected:
        transport.disconnect(graceful=False)


def _refusal(status: HTTPStatus, code: Code) -> WSUpgradeResponseWithListener:
    body = msgspec.json.encode(Problem(code=code))
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status, body, headers), None)


def admit(owner: "Stream", request: WSUpgradeRequest) -> Connection | WSUpgradeResponseWithListener:
    """A connection for an upgrade request, or the refusal."""
    origin = request.headers.get("Origin", "")
    if "Cookie" in request.headers:
        return _refusal(HTTPStatus.BAD_REQUEST, Code.COOKIE_REFUSED)
    if origin not in owner.registry.origins:
        return _refusal(HTTPStatus.FORBIDDEN, Code.BAD_ORIGIN)
    if owner.half_open >= HALF_OPEN:
        return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, Code.RATE_LIMITED)
    return owner.connection(origin)


async def serve(owner: "Stream", sock: socket.socket, tls: ssl.SSLContext | None) -> asyncio.Server:
    """Starts the WebSocket server on a listening socket."""
    return await ws_create_server(
        lambda request: admit(owner, request),
        sock=sock,
        ssl=tls,
        max_frame_size=stream.MAX_FRAME,
        read_buffer_init_size=READ_BUFFER,
        enable_auto_pong=False,
        websocket_handshake_timeout=HELLO_SECONDS,
        backlog=2048,
    )
