"""`POST /sign-in`, `POST /sign-out`, `GET /session`."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from samrum.home.login.actions import Login
from samrum.home.login.door import LONGEST_SECONDS, Me, Signed, cookie_header
from samrum.wire.home_api import Session, SignIn
from samrum.wire.ids import TenantId

SignOut = Callable[[Signed], Awaitable[None]]


def handlers(login: Login, tenant: TenantId, sign_out_of: SignOut) -> list[BaseRouteHandler]:
    """The routes of this folder; `sign_out_of` ends a session with its device."""

    @post("/sign-in", status_code=200)
    async def sign_in(request: Request[Any, Any, Any], data: JSONBody[SignIn]) -> Response[Session]:
        address = request.client.host if request.client else ""
        pid, cookie = await login.sign_in(data, address)
        header = {"set-cookie": cookie_header(cookie, LONGEST_SECONDS)}
        return Response(Session(pid=pid, tenant=tenant), headers=header)

    @post("/sign-out", status_code=204)
    async def sign_out(me: Me) -> Response[None]:
        await sign_out_of(me)
        return Response(None, status_code=204, headers={"set-cookie": cookie_header("", 0)})

    @get("/session")
    async def session(me: Me) -> Session:
        return Session(pid=me.pid, tenant=tenant)

    return [sign_in, sign_out, session]
