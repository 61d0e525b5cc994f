"""Envelopes that home writes for its integrations, each under a grant of a device of its own: checked and stored as in the stream."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from samrum.plumbing.transactions import Transactions, Tx
from samrum.relay.errors import Refusal
from samrum.relay.log import actions, pages
from samrum.relay.log.batches import Batches
from samrum.relay.tenants.actions import access_device
from samrum.relay.tenants.calls import Calls
from samrum.relay.tenants.registry import Registry
from samrum.wire import jws, stream
from samrum.wire.codes import Code
from samrum.wire.ids import TenantId
from samrum.wire.relay_api import LastOf, PutEnvelope, Stored, WantLast
from samrum.wire.statements import Grant
from samrum.wire.stream import LastIs, Sent

T = TypeVar("T", bound=msgspec.Struct)
AnyRequest = Request[Any, Any, Any]
MSGPACK = "application/msgpack"
PATIENCE_SECONDS = 30
"""How long a call waits for its envelope to be durable."""


class _Once:
    """The place of a connection, for one envelope: what relay would say there is the answer here."""

    def __init__(self, grant: Grant) -> None:
        self.tenant, self.pid, self.dev, self.ends = grant.iss, grant.sub, grant.dev, grant.exp
        self.rooms: list[Any] = []
        self.answer: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()

    def send(self, data: bytes) -> None:
        """Relay's word on the envelope."""
        if self.answer.done():
            return
        frame = stream.decode(data, stream.RELAY)
        if isinstance(frame, Sent):
            self.answer.set_result(frame)
        elif isinstance(frame, stream.Error):
            refusal = Refusal(Code(frame.code), have=frame.have, retry_after=frame.retry_after)
            self.answer.set_exception(refusal)

    def bye(self, code: Code) -> None:
        """Nobody listens here for longer than one answer."""
        if not self.answer.done():
            self.answer.set_exception(Refusal(code))


def routes(
    registry: Registry,
    calls: Calls,
    batches: Batches,
    transactions: Transactions,
    *,
    now: Callable[[], float],
) -> list[HTTPRouteHandler]:
    """The handlers of this folder."""

    async def body(request: AnyRequest, tenant: str, kind: type[T]) -> T:
        """The body of a call that home of `tenant` signed."""
        data = await request.body()
        path = request.scope["raw_path"].decode("ascii", "replace")
        authorization = request.headers.get("authorization")
        calls.check(authorization, TenantId(tenant), method="POST", path=path, body=data, now=now())
        try:
            return msgspec.msgpack.decode(data, type=kind)
        except msgspec.MsgspecError:
            raise Refusal(Code.BAD_REQUEST) from None

    async def device(statement: str, tenant: str) -> Grant:
        """A device of that tenant that is not revoked."""
        grant = registry.grant(statement, now())
        if grant.iss != tenant or grant.lobby is not None:
            raise Refusal(Code.BAD_GRANT)
        await transactions.read(lambda tx: access_device(tx, grant.iss, grant.sub, grant.dev, now()))
        return grant

    @post("/tenants/{tenant:str}/envelopes", status_code=200)
    async def envelopes(request: AnyRequest, tenant: FromPath[str]) -> Response[bytes]:
        put = await body(request, tenant, PutEnvelope)
        grant = await device(put.grant, tenant)
        link = _Once(grant)
        key = jws.key_of_jwk(grant.cnf.jwk).public_bytes_raw()
        batches.add(actions.post_of(link, key, put.env, put.objects))
        async with asyncio.timeout(PATIENCE_SECONDS):
            sent = await link.answer
        return Response(msgspec.msgpack.encode(Stored(pos=sent.pos, hash=sent.hash)), media_type=MSGPACK)

    @post("/tenants/{tenant:str}/last", status_code=200)
    async def last(request: AnyRequest, tenant: FromPath[str]) -> Response[bytes]:
        want = await body(request, tenant, WantLast)
        link = _Once(await device(want.grant, tenant))

        def look(tx: Tx) -> LastIs:
            return pages.last(tx, link, 0, want.room, now())

        found = await transactions.read(look)
        return Response(msgspec.msgpack.encode(LastOf(env=found.env)), media_type=MSGPACK)

    return [envelopes, last]
