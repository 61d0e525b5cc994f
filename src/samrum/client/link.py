"""Relay's stream: one WebSocket, whole binary frames, requests with their answers."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from samrum.client.errors import Away, Refused
from samrum.wire import stream
from samrum.wire.base import Wire
from samrum.wire.ids import Dev, MsgId, TenantId

W = TypeVar("W", bound=Wire)
PING_SECONDS: Final = 25.0
ANSWER_SECONDS: Final = 20.0
MAX_MESSAGE: Final = 1 << 24
"""Bytes of one message of relay: a page of history is many envelopes long."""


class Link(WSListener):
    """A connection. Made by `connect`; `news` gives what is no answer."""

    def __init__(self) -> None:
        self.welcome = stream.Welcome(v=0, now=0, rooms={})
        self._transport: WSTransport | None = None
        self._frames: asyncio.Queue[Wire | None] = asyncio.Queue()
        self._answers: dict[int | MsgId, asyncio.Future[Wire]] = {}
        self._re = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The upgrade is done."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame came; whatever is none ends the connection."""
        if frame.msg_type == WSMsgType.BINARY and frame.fin:
            try:
                came = stream.decode(frame.get_payload_as_bytes(), stream.RELAY)
            except stream.BadFrame:
                transport.disconnect()
                return
            if not self._answered(came):
                self._frames.put_nowait(came)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """The connection is over."""
        self.close()
        self._frames.put_nowait(None)

    def put(self, frame: Wire) -> None:
        """Sends a frame; raises `Away`."""
        if self._transport is None:
            raise Away
        self._transport.send(WSMsgType.BINARY, stream.encode(frame))

    def next_re(self) -> int:
        """A number for a request."""
        self._re = (self._re + 1) % (1 << 32)
        return self._re

    async def ask(self, frame: Wire, key: int | MsgId, want: type[W]) -> W:
        """The answer to a request, whose `re` or message id is `key`; raises `Refused` or `Away`."""
        future: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()
        self._answers[key] = future
        try:
            self.put(frame)
            async with asyncio.timeout(ANSWER_SECONDS):  # `wait_for` may swallow a cancellation
                answer = await future
        except TimeoutError:
            self.close()  # who does not answer is not there
            raise Away from None
        finally:
            self._answers.pop(key, None)
        if isinstance(answer, stream.Error):
            raise Refused(answer.code, answer.retry_after, answer.have)
        if not isinstance(answer, want):
            raise Away
        return answer

    async def next(self, want: type[W]) -> W:
        """The next frame, which must be of this kind: while the stream opens. Raises `Refused` (relay's goodbye) or `Away`."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                frame = await self._frames.get()
        except TimeoutError:
            raise Away from None
        if isinstance(frame, stream.Bye):
            raise Refused(frame.code)
        if not isinstance(frame, want):
            raise Away
        return frame

    async def news(self) -> AsyncIterator[Wire]:
        """What relay says that is no answer, until the connection is over."""
        while True:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    frame = await self._frames.get()
            except TimeoutError:
                self.put(stream.Ping())
                continue
            if frame is None:
                return
            yield frame

    def close(self) -> None:
        """Ends the connection; whoever waits for an answer learns it."""
        transport, self._transport = self._transport, None
        for future in self._answers.values():
            if not future.done():
                future.set_exception(Away())
        if transport is not None:
            with contextlib.suppress(Exception):  # it may be half open
                transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def _answered(self, frame: Wire) -> bool:
        key: int | MsgId | None = getattr(frame, "re", None)
        if key is None and isinstance(frame, stream.Sent):
            key = frame.msg_id
        elif key is None and isinstance(frame, stream.Error):
            key = frame.msg
        future = self._answers.get(key) if key is not None else None
        if future is None or future.done():
            return False
        future.set_result(frame)
        return True


async def connect(
    url: str, *, grant: str, tenant: TenantId, dev: Dev, key: Ed25519PrivateKey, origin: str, tls: ssl.SSLContext | None
) -> Link:
    """Opens the stream as this device; raises `Refused` (relay's goodbye) or `Away`."""
    headers = {"Origin": origin}
    try:
        _, link = await ws_connect(
            Link, url, ssl_context=tls, extra_headers=headers, max_redirects=0, max_frame_size=MAX_MESSAGE
        )
    except (OSError, WSError, TimeoutError):
        raise Away from None
    assert isinstance(link, Link)
    try:
        link.put(stream.Hello(v=stream.VERSION, grant=grant))
        nonce = (await link.next(stream.Nonce)).nonce
        link.put(stream.Proof(sig=key.sign(stream.hello_bytes(tenant, dev, grant, nonce, origin))))
        link.welcome = await link.next(stream.Welcome)
    except BaseException:
        link.close()
        raise
    return link
