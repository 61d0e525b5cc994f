"""The log: facts, not sentences. One JSON line an event on standard error.

A fact is an id, a number, a code or a `Word`; a plain `str` is a type error for mypy and is replaced by "?" at run time,
so that no name, title or text can get into a log, whatever the level. Other libraries' records are reduced to their
logger's name and level: their words never reach the log.
"""

import logging
import re
import sys
import threading
from enum import StrEnum
from types import TracebackType
from typing import Final

import msgspec
import structlog

from samrum.wire.ids import CallId, Dev, KeyId, MsgId, Pid, RoomId, TenantId


class Word(str):
    """A word that stands in our source code, such as the name of a part. Never made from data."""

    __slots__ = ()


Fact = Pid | Dev | RoomId | TenantId | KeyId | MsgId | CallId | int | float | StrEnum | Word | None

_ID: Final = re.compile(r"[pdrtkmc]_[a-z2-7]{25}[aeimquy4](\.d_[a-z2-7]{25}[aeimquy4])?")
_EVENT: Final = re.compile(r"[a-z][a-z0-9_]{0,40}(\.[a-z0-9_]{1,40})*")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")


def _safe(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Word | StrEnum):
        return str(value) if _WORD.fullmatch(value) else "?"
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    return "?"


class Log:
    """A part's log. `bind` gives one with facts that stand in every line."""

    def __init__(self, **facts: Fact) -> None:
        self._facts = facts
        self._log = structlog.get_logger()

    def bind(self, **facts: Fact) -> "Log":
        """A log whose lines all carry `facts`."""
        return Log(**{**self._facts, **facts})

    def info(self, event: str, **facts: Fact) -> None:
        """Something happened as it should."""
        self._write("info", event, facts)

    def warning(self, event: str, **facts: Fact) -> None:
        """Something was refused or retried, and an operator may want to know."""
        self._write("warning", event, facts)

    def error(self, event: str, *, error: BaseException | None = None, **facts: Fact) -> None:
        """Something is broken. Of `error` only the class and the place in our code are kept, never its words."""
        if error is not None:
            facts["error"] = Word(type(error).__name__)
            facts["place"] = Word(_place(error))
        self._write("error", event, facts)

    def _write(self, level: str, event: str, facts: dict[str, Fact]) -> None:
        all_facts = {name: _safe(value) for name, value in {**self._facts, **facts}.items()}
        try:
            getattr(self._log, level)(event if _EVENT.fullmatch(event) else "?", **all_facts)
        except OSError:  # a full disk under the log must end no zone
            _late.lines += 1
            return
        if _late.lines:
            lines, _late.lines = _late.lines, 0
            self.warning("log.late", lines=lines)


class _Late:
    """Lines that could not be written when they were due; the stream may still bring the last of them."""

    def __init__(self) -> None:
        self.lines = 0


_late: Final = _Late()


def _place(error: BaseException) -> str:
    place, trace = "unknown", error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith("samrum."):
            place = f"{module}.{trace.tb_lineno}"
        trace = trace.tb_next
    return place


class _Libraries(logging.Handler):
    """Other libraries' records: who and how loud, never what."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._to = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._to.error("library.error", error=error, library=Word(record.name))
        else:
            self._to.warning("library.said", library=Word(record.name), level=record.levelno)


def setup(zone: str) -> Log:
    """Sets the process's logging up, once, and returns the zone's log."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(serializer=lambda value, **_: msgspec.json.encode(value).decode()),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    log = Log(zone=Word(zone))
    logging.root.handlers[:] = [_Libraries(log)]
    logging.root.setLevel(logging.WARNING)
    return log


def guard() -> None:
    """What Python would write past the log goes into it, without its words: uncaught exceptions of any thread, and warnings.

    For a zone's own process (`tasks.run`): these hooks are the whole process's. They reach the log once `setup` was called.
    """
    python = logging.getLogger("python")
    sys.excepthook = lambda kind, error, trace: python.error("", exc_info=(kind, error, trace))
    threading.excepthook = lambda told: python.error("", exc_info=_about(told.exc_value))
    sys.unraisablehook = lambda told: python.error("", exc_info=_about(told.exc_value))
    logging.captureWarnings(capture=True)


def _about(error: BaseException | None) -> tuple[type[BaseException], BaseException, TracebackType | None] | None:
    return (type(error), error, error.__traceback__) if error else None
