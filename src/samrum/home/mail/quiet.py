"""Whether somebody wants quiet now, by the hours that they chose. Read as in the web client (`web/src/notices/quiet.ts`)."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from samrum.wire.rooms_api import Hours

DAY: Final = 24 * 60


def zone_of(name: str, default: ZoneInfo) -> ZoneInfo:
    """The time zone of that name; a name that is none of a zone here counts as none."""
    try:
        return ZoneInfo(name) if name else default
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default


def is_quiet(hours: Hours | None, until: int | None, now: float, zone: ZoneInfo) -> bool:
    """Whether `now` (s since 1970) lies in the quiet hours, which begin on their days and may go past midnight, or before `until`."""
    if until is not None and now < until:
        return True
    if hours is None:
        return False
    local = datetime.fromtimestamp(now, UTC).astimezone(zone)
    minute, today = local.hour * 60 + local.minute, local.weekday()
    yesterday = (local - timedelta(days=1)).weekday()
    length = hours.end - hours.start if hours.end > hours.start else hours.end - hours.start + DAY
    return (today in hours.days and hours.start <= minute < hours.start + length) or (
        yesterday in hours.days and minute < hours.start + length - DAY
    )
