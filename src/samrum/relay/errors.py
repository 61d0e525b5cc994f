"""Relay's one error that others see.

Refusal          a frame or request is refused with a `Code`; on HTTP with the status below
"""

from samrum.plumbing.http import Refused
from samrum.wire.codes import Code

_STATUS = {
    Code.BAD_REQUEST: 400,
    Code.COOKIE_REFUSED: 400,
    Code.BAD_CALL: 401,
    Code.BAD_GRANT: 401,
    Code.GRANT_EXPIRED: 401,
    Code.REVOKED: 401,
    Code.NOT_A_MEMBER: 403,
    Code.NOT_ALLOWED: 403,
    Code.BAD_ORIGIN: 403,
    Code.NOT_FOUND: 404,
    Code.ROSTER_GAP: 409,
    Code.BAD_ROSTER: 409,
    Code.BAD_HEAD: 409,
    Code.NO_SUCH_OBJECT: 409,
    Code.OBJECT_INCOMPLETE: 409,
    Code.OFFSET_GAP: 409,
    Code.TOO_MANY_UPLOADS: 409,
    Code.TOO_LARGE: 413,
    Code.BAD_RANGE: 416,
    Code.RATE_LIMITED: 429,
    Code.STORE_FAILED: 503,
    Code.NO_MEDIA: 503,
}


class Refusal(Refused):
    """A refused frame or request. `problem` holds the code and what the client needs to go on."""

    def __init__(self, code: Code, *, retry_after: float | None = None, have: int | None = None) -> None:
        super().__init__(_STATUS.get(code, 400), code, retry_after=retry_after, have=have)
        self.code = code
