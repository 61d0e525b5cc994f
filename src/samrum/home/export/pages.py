"""The ZIP: JSON for programs, one page of HTML for people.

profile.json settings.json devices.json sessions.json rooms.json reports.json
messages.jsonl   one message a line, by room and in order
files.json       names, types and sizes of the files in them
index.html       all of it to read
"""

import html
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from samrum.home.export.tables import Message, Stay
from samrum.wire import ids, jws
from samrum.wire.content import Content
from samrum.wire.envelope import parse
from samrum.wire.ids import RoomId
from samrum.wire.rooms_api import Settings
from samrum.wire.statements import Roster

LANGUAGES: Final = ("sv", "en", "de")
_TIMES: Final = ("created", "seen", "ends", "revoked", "lost", "at", "closed")
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;text-align:start;padding:.3rem;"
    "vertical-align:top;overflow-wrap:anywhere}article{margin:0 0 1rem;white-space:pre-wrap;overflow-wrap:anywhere}"
    "time{color:#555;font-size:.85rem;display:block}"
)


@dataclass(frozen=True)
class Facts:
    """All of a person but their messages."""

    profile: dict[str, object]
    settings: Settings | None
    devices: list[dict[str, object]]
    sessions: list[dict[str, object]]
    reports: list[dict[str, object]]
    stays: list[Stay]
    names: dict[RoomId, str]
    """What each room is called; a direct message by the other's name."""
    language: str


class Writer:
    """Writes one ZIP; messages come in pages, by room."""

    def __init__(self, path: Path, facts: Facts, now: int) -> None:
        """Begins with all that is there already; `path` is readable for home's account alone."""
        self._path, self._facts, self._t = path, facts, _texts(facts.language)
        self._names, self._files = facts.names, list[dict[str, object]]()
        self._room: RoomId | None = None
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._zip = zipfile.ZipFile(os.fdopen(file, "wb"), "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        # While the lines go into the ZIP the page waits beside it: a ZIP takes one file at a time.
        self._page: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent)  # noqa: SIM115  closed by `close`
        rooms = [_stay(one, facts.names) for one in facts.stays]
        for name, value in (
            ("profile", facts.profile),
            ("settings", msgspec.to_builtins(facts.settings)),
            ("devices", _dated(facts.devices)),
            ("sessions", _dated(facts.sessions)),
            ("rooms", rooms),
            ("reports", _dated(facts.reports)),
        ):
            self._put(f"{name}.json", value)
        self._head(rooms, now)
        self._lines = self._zip.open("messages.jsonl", "w", force_zip64=True)

    def messages(self, page: Iterable[tuple[Message, Content | None]]) -> None:
        """Adds a page of messages."""
        for row, said in page:
            line: dict[str, Any] = {
                "id": ids.text("m", parse(row.env).msg_id),
                "room": row.room,
                "title": self._names.get(row.room, ""),
                "at": _date(row.at),
                "edited": row.edit is not None,
                "removed": bool(row.deleted),
                "text": said.t if said else None,
            }
            if said and said.o:
                files = [{"name": one.n, "type": one.t, "size": one.s} for one in said.o]
                line["files"] = files
                self._files += [{"room": row.room, "at": line["at"], **one} for one in files]
            self._lines.write((json.dumps(line, ensure_ascii=False) + "\n").encode())
            self._article(row, said)

    def close(self) -> None:
        """Finishes the file."""
        self._lines.close()
        self._put("files.json", self._files)
        self._page.write("</main></html>\n")
        self._page.seek(0)
        with self._zip.open("index.html", "w", force_zip64=True) as out:
            while part := self._page.read(1 << 16):
                out.write(part.encode())
        self._page.close()
        file = self._zip.fp
        self._zip.close()
        if file is not None:
            file.close()

    def give_up(self) -> None:
        """Leaves nothing behind."""
        self._page.close()
        if self._zip.fp is not None:
            self._zip.fp.close()
        self._path.unlink(missing_ok=True)

    def _put(self, name: str, value: object) -> None:
        self._zip.writestr(name, json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")

    def _head(self, rooms: list[dict[str, object]], now: int) -> None:
        t, write = self._t, self._page.write
        language = self._facts.language if self._facts.language in LANGUAGES else LANGUAGES[0]
        write(f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{t["title"]}</title>')
        write(f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><main><h1>{t["title"]}</h1>')
        write(f"<p>{t['made']} {_date(now)}</p><p>{t['about']}</p>")
        self._table(t["profile"], [{t["field"]: name, t["value"]: one} for name, one in self._facts.profile.items()])
        if self._facts.settings is not None:
            own = msgspec.to_builtins(self._facts.settings)
            self._table(t["settings"], [{t["field"]: name, t["value"]: one} for name, one in own.items()])
        self._table(t["devices"], _dated(self._facts.devices))
        self._table(t["rooms"], rooms)
        self._table(t["reports"], _dated(self._facts.reports))
        write(f"<h2>{t['messages']}</h2>")

    def _table(self, title: str, rows: list[dict[str, object]]) -> None:
        write = self._page.write
        write(f"<h2>{html.escape(title)}</h2>")
        if not rows:
            write(f"<p>{self._t['none']}</p>")
            return
        write("<table><tr>" + "".join(f"<th>{html.escape(name)}</th>" for name in rows[0]) + "</tr>")
        for row in rows:
            cells = ("" if one is None else html.escape(str(one)) for one in row.values())
            write("<tr>" + "".join(f"<td>{one}</td>" for one in cells) + "</tr>")
        write("</table>")

    def _article(self, row: Message, said: Content | None) -> None:
        write = self._page.write
        if row.room != self._room:
            self._room = row.room
            write(f"<h3>{html.escape(self._names.get(row.room, row.room))}</h3>")
        text = html.escape(said.t) if said else f"<i>{self._t['removed' if row.deleted else 'closed']}</i>"
        files = "".join(f"<br>📎 {html.escape(one.n)} ({one.s})" for one in said.o) if said else ""
        write(f"<article><time>{_date(row.at)}</time>{text}{files}</article>\n")


def _stay(one: Stay, names: dict[RoomId, str]) -> dict[str, object]:
    return {
        "room": one.room,
        "title": names.get(one.room, ""),
        "kind": one.kind,
        "role": one.role,
        "came": _roster_date(one.came),
        "left": _roster_date(one.went),
    }


def _roster_date(statement: str | None) -> str | None:
    return _date(jws.peek(statement, Roster).at) if statement else None


def _dated(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [
        {name: _date(one) if name in _TIMES and isinstance(one, int) else one for name, one in row.items()}
        for row in rows
    ]


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@cache
def _texts(language: str) -> dict[str, str]:
    wanted = language if language in LANGUAGES else LANGUAGES[0]
    texts: dict[str, str] = json.loads((Path(__file__).parent / "texts" / f"{wanted}.json").read_text("utf-8"))
    return {name: html.escape(text) for name, text in texts.items()}
