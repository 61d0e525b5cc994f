"""The WebSocket: picows callbacks, the limits of a connection, and how it ends.

An upgrade needs an `Origin` that a tenant registered and no `Cookie` header (addresses: docs/protocol.md). Only whole binary messages
are read. What a connection does not read fast enough waits, up to `wire.stream.QUEUE_BYTES`; then it is `slow` and closed.
Whoever breaks WebSocket's own rules (RFC 6455) is closed with its close code, without a word of ours where picows sees it first.
"""

import asyncio
import base64
import binascii
import logging
import socket
import ssl
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
    from collections import deque

    from samrum.relay.hub import Room
    from samrum.relay.stream.actions import Stream

HELLO_SECONDS: Final = 10.0
HALF_OPEN: Final = 1000
"""Connections that have not proven who they are; a further one takes the place of the oldest, so that nobody is kept out."""
EARLY_CONTROLS: Final = 20
"""Pings and pongs before the welcome; afterwards they count as frames."""
BYE_SECONDS: Final = 3.0
"""How long a goodbye may take to arrive before the connection is cut."""
WAITING_REQUESTS: Final = 200
READ_BUFFER: Final = 1024
COPIED: Final = 8192
"""Up to here picows copies a message behind its head. For longer ones `send` lends uvloop its own buffer, which the next `send` writes
over while the peer does not read; so those are handed over with room for the head."""
HEAD: Final = 14
"""The longest head of a WebSocket frame (RFC 6455 section 5.2)."""


class Stage(Enum):
    """How far a connection has come."""

    HELLO = auto()
    PROOF = auto()
    WELCOME = auto()
    OPEN = auto()
    CLOSED = auto()


class Connection(WSListener):
    """One connection; a `hub.Link` once its stage is `OPEN`. There are many, most of them idle: it holds little, and nothing ahead."""

    __slots__ = (
        "_awake",
        "_owner",
        "_paused",
        "_transport",
        "answering",
        "controls",
        "dev",
        "ends",
        "handshake",
        "key",
        "pid",
        "requests",
        "rooms",
        "stage",
        "tenant",
        "timer",
    )
    tenant: TenantId
    pid: Pid
    dev: Dev
    key: bytes
    """The device's raw public key."""

    def __init__(self, owner: "Stream", handshake: Handshake) -> None:
        self._owner = owner
        self.handshake: Handshake | None = handshake
        """Until it is proven."""
        self.stage = Stage.HELLO
        self.rooms: list[Room] = []
        self.ends = 0
        """When its grant ends."""
        self.requests: deque[Wire] | None = None
        """What waits for its turn; `None` while nothing does."""
        self.answering = False
        self.timer: asyncio.TimerHandle | None = None
        """Closes a connection that does not say who it is."""
        self.controls = 0
        """Pings and pongs so far."""
        self._transport: WSTransport | None = None
        self._paused = False
        """The peer does not read as fast as relay sends."""
        self._awake: asyncio.Future[None] | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The upgrade is done."""
        self._transport = transport
        transport.request.headers.clear()  # picows keeps both as long as the connection
        transport.response.headers.clear()
        self._owner.arrived(self)
        self.timer = asyncio.get_running_loop().call_later(HELLO_SECONDS, self.bye, Code.BAD_GRANT)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One WebSocket frame."""
        kind = frame.msg_type
        if self.stage is Stage.CLOSED:
            if kind is WSMsgType.CLOSE:
                transport.disconnect()
        elif transport.is_close_frame_sent:
            self._given_up(transport)  # picows still hands over what came before it closes
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.bye(Code.BAD_FRAME, WSCloseCode.PROTOCOL_ERROR)  # no extension was agreed on (RFC 6455 section 5.2)
        elif kind is WSMsgType.BINARY and frame.fin:
            self._owner.receive(self, frame.get_payload_as_bytes())
        elif kind is WSMsgType.CLOSE:
            self._end()
            transport.send_close(_answer(frame))
            transport.disconnect()
            asyncio.get_running_loop().call_later(BYE_SECONDS, _cut, transport)
        elif kind is WSMsgType.PING or kind is WSMsgType.PONG:
            self._owner.control(self, frame.get_payload_as_bytes() if kind is WSMsgType.PING else None)
        else:
            self.bye(Code.BAD_FRAME, WSCloseCode.UNSUPPORTED_DATA)  # text, or a message in pieces

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """The connection is gone."""
        self._end()
        self._transport = None
        self._wake()

    def pause_writing(self) -> None:
        """The peer does not read: answers wait."""
        self._paused = True

    def resume_writing(self) -> None:
        """It reads again."""
        self._paused = False
        self._wake()

    async def writable(self) -> None:
        """Returns when the peer has read most of what was sent, or is gone. For one waiter."""
        while self._paused and self._transport is not None:
            self._awake = asyncio.get_running_loop().create_future()
            await self._awake

    def _wake(self) -> None:
        if self._awake is not None and not self._awake.done():
            self._awake.set_result(None)
        self._awake = None

    def send(self, data: bytes) -> None:
        """Queues the bytes of one frame; a connection that does not read is closed."""
        transport = self._transport
        if self.stage is Stage.CLOSED or transport is None:
            return
        if transport.is_close_frame_sent:
            self._given_up(transport)
            return
        if len(data) <= COPIED:
            transport.send(WSMsgType.BINARY, data)
        else:
            transport.send_reuse_external_bytearray(WSMsgType.BINARY, bytearray(HEAD) + data, HEAD)
        if self._paused:
            self._bound(transport)

    def answer(self, frame: Wire) -> None:
        """Sends one frame to this connection alone."""
        self.send(stream.encode(frame))

    def pong(self, data: bytes) -> None:
        """Answers a WebSocket ping."""
        if self._transport is not None:
            self._transport.send_pong(data)
            self._bound(self._transport)

    def bye(self, code: Code, close: WSCloseCode = WSCloseCode.OK) -> None:
        """Says goodbye and closes: when the peer has answered, or after a moment.

        Closing at once, with bytes of the peer unread, would reset the connection and lose the goodbye.
        """
        transport = self._transport
        if self.stage is Stage.CLOSED or transport is None:
            return
        self._owner.said_bye(self, code)
        self._end()
        transport.send(WSMsgType.BINARY, stream.encode(stream.Bye(code=code)))
        transport.send_close(close)
        asyncio.get_running_loop().call_later(BYE_SECONDS, _cut, transport)

    def welcomed(self) -> None:
        """Forgets what only the way in needs."""
        self.handshake = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _bound(self, transport: WSTransport) -> None:
        if transport.underlying_transport.get_write_buffer_size() > stream.QUEUE_BYTES:
            self.bye(Code.SLOW)

    def _given_up(self, transport: WSTransport) -> None:
        """Closed by picows, which found a fault in the peer's frames: nothing of the peer counts any more."""
        self._end()
        asyncio.get_running_loop().call_later(BYE_SECONDS, _cut, transport)

    def _end(self) -> None:
        if self.stage is not Stage.CLOSED:
            self._owner.left(self)
            self.stage = Stage.CLOSED
            self.requests = None
            self.welcomed()


def _answer(close: WSFrame) -> WSCloseCode:
    """The code that answers a close frame: its own, unless it is one that no frame may carry (RFC 6455 section 7.4)."""
    code = close.get_close_code()
    if not close.get_payload_as_bytes():
        return WSCloseCode.OK
    return WSCloseCode.PROTOCOL_ERROR if code in (WSCloseCode.NO_INFO, WSCloseCode.ABNORMAL_CLOSURE) else code


def _cut(transport: WSTransport) -> None:
    if not transport.is_disconnected:
        transport.disconnect(graceful=False)


def _refusal(status: HTTPStatus, code: Code) -> WSUpgradeResponseWithListener:
    body = msgspec.json.encode(Problem(code=code))
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status, body, headers), None)


def _asks_for_websocket(request: WSUpgradeRequest) -> bool:
    """Whether the request opens a WebSocket (RFC 6455 section 4.2.1)."""
    headers = request.headers
    upgrade, connection = (
        {one.strip().lower() for value in headers.getall(name, []) for one in value.split(",")}
        for name in ("Upgrade", "Connection")
    )
    try:
        key = base64.b64decode(headers.get("Sec-WebSocket-Key", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    if "websocket" not in upgrade or "upgrade" not in connection or len(key) != 16:
        return False
    headers["Upgrade"], headers["Connection"] = "websocket", "upgrade"  # picows knows no lists, but Firefox sends one
    return headers.getall("Sec-WebSocket-Version", []) == ["13"]


def admit(owner: "Stream", request: WSUpgradeRequest) -> Connection | WSUpgradeResponseWithListener:
    """A connection for an upgrade request, or the refusal."""
    origins = request.headers.getall("Origin", [])
    if "Cookie" in request.headers:
        return _refusal(HTTPStatus.BAD_REQUEST, Code.COOKIE_REFUSED)
    if len(origins) != 1 or origins[0] not in owner.registry.origins:
        return _refusal(HTTPStatus.FORBIDDEN, Code.BAD_ORIGIN)
    if not _asks_for_websocket(request):
        return _refusal(HTTPStatus.BAD_REQUEST, Code.BAD_REQUEST)
    return owner.connection(origins[0])


class _Exceptions(logging.Handler):
    """Passes on what went wrong with us; what picows says of its peers' faults is a line for each packet of anybody."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            logging.root.handle(record)


async def serve(owner: "Stream", sock: socket.socket, tls: ssl.SSLContext | None) -> asyncio.Server:
    """Starts the WebSocket server on a listening socket."""
    logger = logging.getLogger("picows.server")
    logger.handlers[:], logger.propagate = [_Exceptions()], False
    return await ws_create_server(
        lambda request: admit(owner, request),
        sock=sock,
        ssl=tls,
        max_frame_size=stream.MAX_FRAME,
        read_buffer_init_size=READ_BUFFER,
        enable_auto_pong=False,
        websocket_handshake_timeout=HELLO_SECONDS,
        logger_name=logging.LoggerAdapter(logger),  # of a Logger picows makes a child for each connection
        use_aiofastnet=tls is not None,  # its transport weighs 5 KB more than uvloop's own, which has costly TLS
        backlog=2048,
    )
