"""`GET /flows`: the register, for the page *Where does my data go?*."""

from litestar import get
from litestar.handlers import BaseRouteHandler

from samrum.home.flows.register import FlowShown, Register, shown


def handlers(register: Register, authority: str) -> list[BaseRouteHandler]:
    """The routes of this folder."""
    page = shown(register, authority)

    @get("/flows")
    async def flows() -> list[FlowShown]:
        return page

    return [flows]
