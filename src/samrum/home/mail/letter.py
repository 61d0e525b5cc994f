"""Writing one letter: plain text and HTML, in the person's language, with as much content as the authority allows."""

import html
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from email import policy
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from samrum.home.mail.digest import Waiting, Why
from samrum.wire.ids import Pid, RoomId

Content = Literal["none", "names", "text"]
"""What a letter may hold: how many of what · also who and where · also the beginning of each message."""
LINES: Final = 20
"""Lines of a letter that names people or quotes; more is counted."""
QUOTE: Final = 200
"""Characters of a quoted message."""
LANGUAGES: Final = ("sv", "en", "de")
_ORDER: Final = (Why.CALL, Why.DIRECT, Why.MENTION)


class Known(NamedTuple):
    """What a letter may say beyond counts; empty where it may not."""

    names: Mapping[Pid, str] = {}
    rooms: Mapping[RoomId, str] = {}
    """Titles of the rooms that have one."""
    texts: Mapping[tuple[RoomId, int], str] = {}
    """Messages by room and position."""


class Sender(NamedTuple):
    """Who writes, as all letters of a home have it."""

    authority: str
    address: str
    """`From`, such as `Samrum <samrum@stad.example>`."""
    reply_to: str | None
    url: str
    """Home's origin."""


def catalogue(language: str) -> dict[str, Any]:
    """The texts of one language."""
    return tomllib.loads((Path(__file__).with_name("texts") / f"{language}.toml").read_text("utf-8"))


class Writer:
    """Writes letters."""

    def __init__(self, sender: Sender, content: Content) -> None:
        self._sender, self.content = sender, content
        self._texts = {language: catalogue(language) for language in LANGUAGES}

    def write(
        self, to: str, language: str, things: Sequence[Waiting], known: Known, *, message_id: str, now: int
    ) -> bytes:
        """The whole letter, ready to be sent; `things` as `digest.ripe` gives them."""
        text = self._texts[language]
        lines = _counts(text, things) if self.content == "none" else self._named(text, things, known)
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._sender.address, to, text["subject"]
        if self._sender.reply_to:
            letter["Reply-To"] = self._sender.reply_to
        letter["Date"], letter["Message-ID"] = formatdate(now), message_id
        letter["Auto-Submitted"], letter["X-Auto-Response-Suppress"] = "auto-generated", "All"
        letter["List-Unsubscribe"] = f"<{self._sender.url}/#/settings>"
        intro, footer = (text[one].format(authority=self._sender.authority) for one in ("intro", "footer"))
        letter.set_content(self._plain(text, intro, lines, footer))
        letter.add_alternative(self._html(text, language, intro, lines, footer), subtype="html")
        return letter.as_bytes(policy=policy.SMTP)

    def _plain(self, text: dict[str, Any], intro: str, lines: list[str], footer: str) -> str:
        url = self._sender.url
        listed = "\n".join(f"- {line}" for line in lines)
        return (
            f"{text['greeting']}\n\n{intro}\n\n{listed}\n\n{text['open']}: {url}/\n"
            f"{text['settings']}: {url}/#/settings\n\n{footer}\n"
        )

    def _html(self, text: dict[str, Any], language: str, intro: str, lines: list[str], footer: str) -> str:
        url = html.escape(self._sender.url)
        told = {name: html.escape(text[name]) for name in ("subject", "greeting", "open", "settings")}
        listed = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        return (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{told["subject"]}</title></head>'
            '<body style="font-family:sans-serif;line-height:1.5;max-width:40em">'
            f"<p>{told['greeting']}</p><p>{html.escape(intro)}</p><ul>{listed}</ul>"
            f'<p><a href="{url}/">{told["open"]}</a></p>'
            f'<p><a href="{url}/#/settings">{told["settings"]}</a></p><p><small>{html.escape(footer)}</small></p></body></html>\n'
        )

    def _named(self, text: dict[str, Any], things: Sequence[Waiting], known: Known) -> list[str]:
        lines = self._quotes(text, things, known) if self.content == "text" else _people(text, things, known)
        if len(lines) > LINES:
            lines = [*lines[: LINES - 1], _number(text["more"], len(lines) - LINES + 1)]
        return lines

    def _quotes(self, text: dict[str, Any], things: Sequence[Waiting], known: Known) -> list[str]:
        lines = []
        for one in things:
            said = one_line(known.texts.get((one.room, one.pos), ""))
            what = said if said and one.why != Why.CALL else _number(text[one.why], 1)
            lines.append(text["colon"].format(who=_who(text, one, known), what=what))
        return lines


def one_line(said: str) -> str:
    """The beginning of a message as one line."""
    line = " ".join(said.split())
    return line if len(line) <= QUOTE else line[: QUOTE - 1] + "…"


def _counts(text: dict[str, Any], things: Sequence[Waiting]) -> list[str]:
    count = Counter(one.why for one in things)
    return [_number(text[why], count[why]) for why in _ORDER if count[why]]


def _people(text: dict[str, Any], things: Sequence[Waiting], known: Known) -> list[str]:
    count = Counter((_who(text, one, known), one.why) for one in things)
    return [
        text["colon"].format(who=who, what=_number(text[why], number))
        for (who, why), number in sorted(count.items(), key=lambda one: _ORDER.index(one[0][1]))
    ]


def _who(text: dict[str, Any], one: Waiting, known: Known) -> str:
    who = one_line(known.names.get(one.author, text["unknown"]))
    title = one_line(known.rooms.get(one.room, ""))
    return text["in_room"].format(who=who, room=title) if title else who


def _number(forms: dict[str, str], count: int) -> str:
    return forms["one" if count == 1 else "other"].format(count=count)
