"""HTTP: a Litestar application whose errors are all codes, served by uvicorn inside the zone's own event loop.

No access log, no server header, no words of libraries in answers. A handler raises `Refused`; a database or disk that refuses
becomes 503 `store_failed`, everything unforeseen 500 `internal`, and the log gets the class of the exception and its place in our code.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import h11
import msgspec
import uvicorn
from litestar import Litestar, Request, Response
from litestar.config.app import AppConfig
from litestar.dto import AbstractDTO
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Middleware
from litestar.typing import FieldDefinition
from sqlalchemy.exc import OperationalError
from uvicorn.protocols.http.h11_impl import H11Protocol

from samrum.plumbing.config import BadConfig
from samrum.plumbing.log import Log
from samrum.wire.base import Problem
from samrum.wire.codes import Code

MAX_BODY = 1 << 20
RETRY_SECONDS: Final = 5
"""When to come again after `store_failed`: a full disk or a locked database, for which nothing was done."""
_DISK: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}
ARRIVAL_SECONDS: Final = 15.0
"""How long a request may take to arrive, from the connection's opening or the request's first byte to its last."""
ARRIVAL_RATE: Final = 16 * 1024
"""A long request has a second more for each so many bytes that came."""
STALL_SECONDS: Final = 60.0
"""How long a client may take none of an answer that waits for it."""


class Refused(Exception):
    """A request is refused with a status, a code and what the client needs to go on."""

    def __init__(
        self,
        status: int,
        code: Code,
        *,
        retry_after: float | None = None,
        have: int | None = None,
        at: int | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.problem = Problem(code=code, retry_after=retry_after, have=have, at=at)


class _StrictBody(AbstractDTO[Any]):
    """Reads JSON bodies strictly. Litestar by itself would take `"1"` for a number."""

    _decoders: ClassVar[dict[str, msgspec.json.Decoder[Any]]] = {}

    @classmethod
    def create_for_field_definition(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,
        backend_cls: object = None,  # noqa: ARG003  as called
    ) -> None:
        """Called by Litestar once for each handler with a body."""
        cls._decoders[handler_id] = msgspec.json.Decoder(field_definition.annotation, strict=True)

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the handler's type; refuses everything else."""
        return read_body(self._decoders[self.asgi_connection.route_handler.handler_id], value)


def read_body(decoder: msgspec.json.Decoder[Any], value: bytes) -> Any:
    """The decoded body; refuses what does not fit with 400. Text that is not UTF-8 and deep nesting have errors of their own."""
    try:
        return decoder.decode(value)
    except (ValueError, RecursionError):
        raise Refused(400, Code.BAD_REQUEST) from None


_GONE: Final = "client disconnected prematurely"
"""Litestar's words where the client left before its request had arrived: no fault of ours, and nobody reads the answer."""

_CODE_OF_STATUS = {404: Code.NOT_FOUND, 405: Code.NOT_FOUND, 413: Code.TOO_LARGE}


def problem_response(refused: Refused) -> Response[bytes]:
    """The answer to a refused request."""
    headers = {"cache-control": "no-store"}
    if refused.problem.retry_after is not None:
        headers["retry-after"] = str(max(1, round(refused.problem.retry_after)))
    return Response(
        msgspec.json.encode(refused.problem),
        status_code=refused.status,
        media_type="application/json",
        headers=headers,
    )


def application(
    handlers: Sequence[Any],
    *,
    log: Log,
    middleware: Sequence[Middleware] = (),
    max_body: int = MAX_BODY,
    **options: Any,
) -> Litestar:
    """The zone's application; `options` go to Litestar (`dependencies`, `after_request`, …)."""

    def on_refused(_request: Request[Any, Any, Any], error: Refused) -> Response[bytes]:
        return problem_response(error)

    def on_http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        code = _CODE_OF_STATUS.get(error.status_code, Code.BAD_REQUEST if error.status_code < 500 else Code.INTERNAL)
        if error.status_code >= 500 and error.detail != _GONE:
            log.error("http.failed", error=error.__cause__ or error)
        return problem_response(Refused(error.status_code, code))

    def on_any(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        if isinstance(error, OperationalError) or (isinstance(error, OSError) and error.errno in _DISK):
            log.error("store.failed", error=error)
            return problem_response(Refused(503, Code.STORE_FAILED, retry_after=RETRY_SECONDS))
        log.error("http.failed", error=error)
        return problem_response(Refused(500, Code.INTERNAL))

    def quiet(config: AppConfig) -> AppConfig:
        config.debug = False
        return config

    return Litestar(
        list(handlers),
        exception_handlers={Refused: on_refused, HTTPException: on_http, Exception: on_any},
        middleware=list(middleware),
        request_max_body_size=max_body,
        logging_config=None,
        openapi_config=None,
        on_app_init=[quiet],
        dto=_StrictBody,
        return_dto=None,
        **options,
    )


class _Punctual(H11Protocol):
    """A connection whose requests arrive in time and whose answers are taken: uvicorn by itself would wait for ever.

    What is not HTTP gets a code like every other refusal.
    """

    _late: asyncio.TimerHandle | None = None
    _since, _came = 0.0, 0
    """When the request began, and its bytes until now."""
    _stalled: asyncio.TimerHandle | None = None
    _waiting = 0
    """Bytes of the answer that waited when somebody last looked."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        super().data_received(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taken()

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]:
            self._watch()
        else:
            self._unwatch()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  a library's words
        problem = problem_response(Refused(400, Code.BAD_REQUEST))
        headers = [("content-type", "application/json"), ("content-length", str(len(problem.content)))]
        headers += [*problem.headers.items(), ("connection", "close")]
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # so that a handler that waits for the rest gives up
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:  # else an answer is under way already
            for event in (
                h11.Response(status_code=400, headers=headers),
                h11.Data(problem.content),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch(self) -> None:
        if self._late is None:
            self._since, self._came = self.loop.time(), 0
            self._late = self.loop.call_later(ARRIVAL_SECONDS, self._is_late)

    def _is_late(self) -> None:
        due = self._since + ARRIVAL_SECONDS + self._came / ARRIVAL_RATE
        if self.loop.time() < due:
            self._late = self.loop.call_at(due, self._is_late)
        else:
            self.transport.abort()

    def _unwatch(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _await_taking(self) -> None:
        self._waiting = self.transport.get_write_buffer_size()
        self._stalled = self.loop.call_later(STALL_SECONDS, self._is_stalled)

    def _is_stalled(self) -> None:
        if self.transport.get_write_buffer_size() < self._waiting:
            self._await_taking()
        else:
            self.transport.abort()

    def _taken(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


class _Server(uvicorn.Server):
    """uvicorn without signal handlers: the zone's own main loop stops it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises `BadConfig` with a sentence if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise BadConfig(
            f"port {port} on {host} cannot be used: {error.strerror}. Stop what uses it, or choose another"
        ) from None
    sock.listen(2048)
    sock.setblocking(False)
    return sock


def server(
    app: ASGIApp, *, keep_alive: int = 30, limit: int = 2000, tls: tuple[str, str] | None = None
) -> uvicorn.Server:
    """An uvicorn server; `await serve(sockets=[listen(…)])`, and set `should_exit` to stop it. `tls`: certificate, key."""
    return _Server(
        uvicorn.Config(
            app,
            http=_Punctual,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="on",
            ws="none",
            timeout_keep_alive=keep_alive,
            timeout_graceful_shutdown=3,
            limit_concurrency=limit,
            h11_max_incomplete_event_size=32 * 1024,
            ssl_certfile=tls[0] if tls else None,
            ssl_keyfile=tls[1] if tls else None,
        )
    )
