"""Home's signed questions about its own log."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from samrum.plumbing.transactions import Transactions
from samrum.relay.archive import actions
from samrum.relay.errors import Refusal
from samrum.relay.tenants.calls import Calls
from samrum.wire.codes import Code
from samrum.wire.envelope import MAX_NUMBER
from samrum.wire.ids import TenantId
from samrum.wire.relay_api import MAX_LOG, Positions

AnyRequest = Request[Any, Any, Any]
MSGPACK = "application/msgpack"


def routes(calls: Calls, transactions: Transactions, *, now: Callable[[], float]) -> list[HTTPRouteHandler]:
    """The handlers of this folder."""

    def check(request: AnyRequest, tenant: str, after: int) -> TenantId:
        """The tenant whose home signed this question, query included; raises `Refusal`."""
        path, query = request.scope["raw_path"], request.scope["query_string"]
        whole = (path + b"?" + query if query else path).decode("ascii", "replace")
        authorization = request.headers.get("authorization")
        calls.check(authorization, TenantId(tenant), method="GET", path=whole, body=b"", now=now())
        if not 0 <= after <= MAX_NUMBER:
            raise Refusal(Code.BAD_REQUEST)
        return TenantId(tenant)

    @get("/tenants/{tenant:str}/log")
    async def log(
        request: AnyRequest, tenant: FromPath[str], after: FromQuery[int] = 0, limit: FromQuery[int] = MAX_LOG
    ) -> Response[bytes]:
        mine = check(request, tenant, after)
        page = await transactions.read(lambda tx: actions.page(tx, mine, after, limit))
        return Response(msgspec.msgpack.encode(page), media_type=MSGPACK)

    @get("/tenants/{tenant:str}/positions")
    async def positions(request: AnyRequest, tenant: FromPath[str], after: FromQuery[int] = 0) -> Positions:
        mine = check(request, tenant, after)
        return await transactions.read(lambda tx: actions.positions(tx, mine, after))

    @get("/tenants/{tenant:str}/reads")
    async def reads(request: AnyRequest, tenant: FromPath[str], after: FromQuery[int] = 0) -> Response[bytes]:
        mine = check(request, tenant, after)
        page = await transactions.read(lambda tx: actions.reads(tx, mine, after))
        return Response(msgspec.msgpack.encode(page), media_type=MSGPACK)

    return [log, positions, reads]
