"""Home's refusals, each with its status and code, mapped to HTTP in `plumbing.http`.

Refused
├── SignedOut        401 signed_out
├── SignInFailed     401 sign_in_failed
├── TooManyTries     429 too_many_tries, with retry_after
├── RateLimited      429 rate_limited, with retry_after
├── BadOrigin        403 bad_origin
├── BadProof         401 bad_proof
├── DeviceUnknown    403 device_unknown
├── DeviceOfOther    403 device_of_other
├── DeviceRevoked    403 device_revoked
├── TooManyDevices   409 too_many_devices
├── NotFound         404 not_found: absent, or not yours
├── NotAllowed       403 not_allowed
├── BadMembers       422 bad_members
├── BadTitle         422 bad_title
├── BadText          422 bad_text
├── BadPicture       422 bad_picture
├── BadSearch        422 bad_search, with at
├── LastOwner        409 last_owner
├── Blocked          409 blocked
├── ReportClosed     409 report_closed
├── TooManyHooks     409 too_many_hooks
├── TooLarge         413 too_large
├── KeysAway         503 keys_away, with retry_after
└── SecondCopyAway   503 second_copy_away, with retry_after
"""

from samrum.plumbing.http import Refused
from samrum.wire.codes import Code


class SignedOut(Refused):
    """There is no session, or it ended."""

    def __init__(self) -> None:
        super().__init__(401, Code.SIGNED_OUT)


class SignInFailed(Refused):
    """User name and password do not fit: the same answer for an unknown user."""

    def __init__(self) -> None:
        super().__init__(401, Code.SIGN_IN_FAILED)


class TooManyTries(Refused):
    """Sign-in is slowed for this user or address."""

    def __init__(self, seconds: float) -> None:
        super().__init__(429, Code.TOO_MANY_TRIES, retry_after=seconds)


class RateLimited(Refused):
    """More requests than a client needs."""

    def __init__(self, seconds: float) -> None:
        super().__init__(429, Code.RATE_LIMITED, retry_after=seconds)


class BadOrigin(Refused):
    """An unsafe request that does not come from home's own page."""

    def __init__(self) -> None:
        super().__init__(403, Code.BAD_ORIGIN)


class BadProof(Refused):
    """The device's proof fails, is stale, or was used before."""

    def __init__(self) -> None:
        super().__init__(401, Code.BAD_PROOF)


class DeviceUnknown(Refused):
    """The session is not bound to a certified device."""

    def __init__(self) -> None:
        super().__init__(403, Code.DEVICE_UNKNOWN)


class DeviceOfOther(Refused):
    """The device id belongs to somebody else, or to another key."""

    def __init__(self) -> None:
        super().__init__(403, Code.DEVICE_OF_OTHER)


class DeviceRevoked(Refused):
    """The device was revoked, or signed out; a new one has to be made."""

    def __init__(self) -> None:
        super().__init__(403, Code.DEVICE_REVOKED)


class TooManyDevices(Refused):
    """The person is signed in on as many devices as they may be."""

    def __init__(self) -> None:
        super().__init__(409, Code.TOO_MANY_DEVICES)


class NotFound(Refused):
    """Absent, or not yours: the same answer."""

    def __init__(self) -> None:
        super().__init__(404, Code.NOT_FOUND)


class NotAllowed(Refused):
    """The person's role does not allow it."""

    def __init__(self) -> None:
        super().__init__(403, Code.NOT_ALLOWED)


class BadMembers(Refused):
    """Unknown, doubled or unfitting members."""

    def __init__(self) -> None:
        super().__init__(422, Code.BAD_MEMBERS)


class BadTitle(Refused):
    """Empty, too long, or not plain text."""

    def __init__(self) -> None:
        super().__init__(422, Code.BAD_TITLE)


class BadText(Refused):
    """A topic or a status: too long, not one line, or nothing to see in it."""

    def __init__(self) -> None:
        super().__init__(422, Code.BAD_TEXT)


class BadPicture(Refused):
    """Not one small picture with nothing else in it."""

    def __init__(self) -> None:
        super().__init__(422, Code.BAD_PICTURE)


class BadSearch(Refused):
    """A search that cannot be read, from the character `at` on."""

    def __init__(self, at: int) -> None:
        super().__init__(422, Code.BAD_SEARCH, at=at)


class LastOwner(Refused):
    """A room with members keeps at least one owner."""

    def __init__(self) -> None:
        super().__init__(409, Code.LAST_OWNER)


class Blocked(Refused):
    """Who was to be added was blocked in that room."""

    def __init__(self) -> None:
        super().__init__(409, Code.BLOCKED)


class ReportClosed(Refused):
    """Somebody else has decided over this report."""

    def __init__(self) -> None:
        super().__init__(409, Code.REPORT_CLOSED)


class TooManyHooks(Refused):
    """The room has as many webhooks as it may have."""

    def __init__(self) -> None:
        super().__init__(409, Code.TOO_MANY_HOOKS)


class TooLarge(Refused):
    """A text that no message holds."""

    def __init__(self) -> None:
        super().__init__(413, Code.TOO_LARGE)


class KeysAway(Refused):
    """The token with the root key does not answer, so nothing was changed; it works again when the token does."""

    def __init__(self) -> None:
        super().__init__(503, Code.KEYS_AWAY, retry_after=30)


class SecondCopyAway(Refused):
    """A new key cannot be kept at the second place, so nothing was changed; it works again when the place does."""

    def __init__(self) -> None:
        super().__init__(503, Code.SECOND_COPY_AWAY, retry_after=30)
