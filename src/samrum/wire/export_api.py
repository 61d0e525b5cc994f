"""Home's HTTP for one's own data: a ZIP made in the background, for the session that asked. As `home_api` otherwise."""

from enum import StrEnum

from samrum.wire.base import Wire
from samrum.wire.statements import Count, Time


class ExportState(StrEnum):
    """How far an export is."""

    NONE = "none"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class Export(Wire):
    """`GET /export` → how far it is; `POST /export` (empty object) begins one, or is the answer of one that runs.

    `GET /export/file` is the ZIP, for the session that asked (else 404); 24 hours after it was made it is gone.
    """

    state: ExportState
    done: Count = 0
    total: Count = 0
    """Messages looked at, of how many; 0: not known yet."""
    made: Time | None = None
    ends: Time | None = None
    size: int = 0
    """Bytes of the ZIP."""
    here: bool = False
    """This session may fetch it."""
