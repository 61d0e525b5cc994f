"""Relay's process, wired by hand."""

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import Final

from litestar import get
from litestar.config.cors import CORSConfig
from litestar.types import ASGIApp, Receive, Scope, Send

from samrum.plumbing import config as plumbing_config
from samrum.plumbing import http, tasks
from samrum.plumbing.clock import Clock, SystemClock
from samrum.plumbing.log import Log, setup
from samrum.plumbing.transactions import open_transactions
from samrum.relay import config as relay_config
from samrum.relay.archive import http as archive_http
from samrum.relay.blobs import http as blobs_http
from samrum.relay.blobs.actions import Blobs
from samrum.relay.blobs.outside import S3, Bucket, Folder
from samrum.relay.config import RelayConfig, S3Config, key_pair
from samrum.relay.errors import Refusal
from samrum.relay.hub import Hub
from samrum.relay.log import http as log_http
from samrum.relay.meetings import http as meetings_http
from samrum.relay.meetings.actions import Meetings
from samrum.relay.meetings.outside import LiveKit
from samrum.relay.presence.actions import Presences
from samrum.relay.stream import listener
from samrum.relay.stream.actions import Stream
from samrum.relay.tenants import http as tenants_http
from samrum.relay.tenants import registry as tenants_registry
from samrum.relay.tenants.bearer import Bearers
from samrum.relay.tenants.calls import Calls
from samrum.wire.codes import Code
from samrum.wire.relay_api import RelayHealth

MIGRATIONS: Final = Path(__file__).parent / "migrations"
GOODBYE_SECONDS: Final = 0.2
"""How long goodbyes get to leave before the process ends."""


def no_cookies(app: ASGIApp) -> ASGIApp:
    """Refuses every request that carries a cookie: home's must never reach another zone."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if any(name == b"cookie" for name, _ in scope["headers"]):
            response = http.problem_response(Refusal(Code.COOKIE_REFUSED))
            await response.to_asgi_response(None, None)(scope, receive, send)  # type: ignore[arg-type]
        else:
            await app(scope, receive, send)

    return checked


async def main(config: RelayConfig, stop: asyncio.Event, *, clock: Clock | None = None, log: Log | None = None) -> None:
    """Runs relay until `stop` is set."""
    now = (clock or SystemClock()).now
    log = log or setup("relay")
    registry = tenants_registry.read(Path(config.tenants))
    async with contextlib.AsyncExitStack() as stack:
        started = now()  # before anybody can connect, so that no call which was signed for this relay is older
        http_socket = stack.enter_context(http.listen(*plumbing_config.address(config.http)))
        stream_socket = stack.enter_context(http.listen(*plumbing_config.address(config.stream)))
        transactions = await open_transactions(Path(config.data) / "relay.db", MIGRATIONS)
        stack.push_async_callback(transactions.close)
        livekit = None
        if config.livekit is not None:
            livekit = LiveKit(config.livekit.url, config.livekit.public, *key_pair(Path(config.livekit.keys)))
            stack.push_async_callback(livekit.close)
        bucket = _bucket(config.objects)
        async with asyncio.TaskGroup() as group:
            hub = Hub(now)
            meetings = Meetings(transactions, hub, livekit, tasks=group, now=now, log=log)
            presences = Presences(transactions, hub, log)
            meetings.met = presences.met
            stream = Stream(registry, transactions, hub, meetings, presences, tasks=group, now=now, log=log)
            blobs = Blobs(transactions, bucket, Path(config.data), now=now, log=log)
            await meetings.load()

            @get("/health")
            async def health() -> RelayHealth:
                return RelayHealth(ok=True, livekit=meetings.well)

            bearers = Bearers(registry, now)
            calls = Calls(registry, started)
            app = http.application(
                [
                    health,
                    *tenants_http.routes(
                        registry, calls, bearers, transactions, hub=hub, meetings=meetings, presences=presences, now=now
                    ),
                    *meetings_http.routes(meetings, bearers),
                    *archive_http.routes(calls, transactions, now=now),
                    *blobs_http.routes(blobs, bearers, log),
                    *log_http.routes(registry, calls, stream.batches, transactions, now=now),
                ],
                log=log,
                middleware=[no_cookies],
                cors_config=CORSConfig(
                    allow_origins=sorted(registry.origins),
                    allow_methods=["GET", "POST", "PUT", "DELETE"],
                    allow_headers=["Authorization", "Content-Type", "Range"],
                    expose_headers=["Content-Range"],
                    allow_credentials=False,
                    max_age=600,
                ),
            )
            server = http.server(app, tls=config.tls)
            streams = await listener.serve(stream, stream_socket, _tls(config))
            running = [
                group.create_task(stream.batches.run()),
                group.create_task(meetings.run()),
                group.create_task(presences.run()),
                group.create_task(stream.tidy()),
                group.create_task(blobs.run()),
                group.create_task(server.serve(sockets=[http_socket])),
            ]
            log.info("relay.started", tenants=len(registry.tenants), media=livekit is not None)
            await stop.wait()
            streams.close()
            hub.close(Code.RESTART)
            await asyncio.sleep(GOODBYE_SECONDS)
            server.should_exit = True
            for task in running[:-1]:
                task.cancel()
    log.info("relay.stopped")


def _bucket(where: str | S3Config) -> Bucket:
    if isinstance(where, str):
        return Folder(Path(where))
    key, secret = key_pair(Path(where.keys))
    ca = Path(where.ca).read_bytes() if where.ca else None
    return S3(endpoint=where.endpoint, bucket=where.bucket, region=where.region, key=key, secret=secret, ca=ca)


def _tls(config: RelayConfig) -> ssl.SSLContext | None:
    if config.tls is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(*config.tls)
    return context


def run(path: Path) -> None:
    """Runs relay as configured in `path`, until SIGINT or SIGTERM."""

    async def start(stop: asyncio.Event) -> None:
        config = relay_config.read(path)
        if isinstance(config.objects, str):
            Path(config.objects).mkdir(mode=0o700, parents=True, exist_ok=True)  # noqa: ASYNC240  nothing else runs yet
        await main(config, stop)

    tasks.run(start)
