"""Speaking to the authority's mail server (RFC 5321): one connection, letters one after the other, and what became of each.

Blocking, for a thread. Without TLS nothing is said beyond this machine: neither a password nor a letter.
"""

import contextlib
import re
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

SECONDS: Final = 20.0
"""How long the server may take for one answer."""
LETTER_SECONDS: Final = 60.0
"""How long it may take for a whole letter, or for letting home in, whatever it says meanwhile."""

_LINE_WITH_DOT: Final = re.compile(rb"^\.", re.MULTILINE)

Security = Literal["starttls", "tls", "none"]


class Sent(StrEnum):
    """What became of a letter."""

    SENT = "sent"
    LATER = "later"
    """Not now: try again."""
    NEVER = "never"
    """The server will not take it at all."""
    UNSURE = "unsure"
    """The letter was handed over, but no answer came."""
    AWAY = "away"
    """The server does not answer: nothing of the letter was said, as in what follows."""
    NO_TLS = "no_tls"
    """It offers no TLS, or its certificate does not hold."""
    NO_LOGIN = "no_login"
    """It does not let home in."""


NO_WAY: Final = (Sent.AWAY, Sent.NO_TLS, Sent.NO_LOGIN)
"""No letter goes: the next try is for all of them."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """How to get to the mail server."""

    host: str
    port: int
    security: Security
    hello: str
    """The name that home gives for itself."""
    ca: str | None = None
    """PEM file of the only authority whose certificates are taken; without it, the system's."""
    user: str | None = None
    password: str | None = None


class MailLine:
    """One connection, opened by the first letter. Not for two threads at a time."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._opening: smtplib.SMTP | None = None

    def send(self, sender: str, recipient: str, letter: bytes) -> Sent:
        """Hands one letter (with CRLF) over; never raises for what the server does."""
        if self._smtp is None:
            found = self._open()
            if not isinstance(found, smtplib.SMTP):
                return found
            self._smtp = found
        smtp, handed = self._smtp, False
        try:
            with _within(smtp, LETTER_SECONDS):
                for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"):
                    code, _ = smtp.docmd(command)
                    if code >= 400:
                        return self._start_over(code)
                handed = True
                smtp.send(_LINE_WITH_DOT.sub(b"..", letter.removesuffix(b"\r\n")) + b"\r\n.\r\n")
                code, _ = smtp.getreply()
                return Sent.SENT if code < 400 else self._start_over(code)
        except (smtplib.SMTPException, OSError):
            self.close()
            return Sent.UNSURE if handed else Sent.LATER

    def close(self) -> None:
        """Ends the connection."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError), _within(smtp, 2.0):
                smtp.quit()
            smtp.close()

    def abort(self) -> None:
        """Breaks off what is being said, from another thread."""
        for smtp in (self._smtp, self._opening):
            if smtp is not None:
                _break(smtp)

    def _start_over(self, code: int) -> Sent:
        """What a refusal means (RFC 5321 §4.2.1: 5 is for good, 4 for now); the next letter has a connection of its own."""
        self.close()
        return Sent.NEVER if code >= 500 else Sent.LATER

    def _open(self) -> smtplib.SMTP | Sent:
        to, context = self._server, ssl.create_default_context(cafile=self._server.ca)
        smtp = (
            smtplib.SMTP_SSL(local_hostname=to.hello, timeout=SECONDS, context=context)
            if to.security == "tls"
            else smtplib.SMTP(local_hostname=to.hello, timeout=SECONDS)
        )
        self._opening = smtp
        smtp._host = to.host  # type: ignore[attr-defined]  # noqa: SLF001  the name that TLS checks
        try:
            with _within(smtp, LETTER_SECONDS):
                code, _ = smtp.connect(to.host, to.port)
                if code != 220:
                    raise smtplib.SMTPConnectError(code, "")
                if to.security == "starttls":
                    smtp.starttls(context=context)
                smtp.ehlo_or_helo_if_needed()
                if to.user is not None and to.password is not None:
                    smtp.login(to.user, to.password)
        except (smtplib.SMTPException, OSError) as error:
            smtp.close()
            return _no_way(error)
        return smtp


def _no_way(error: Exception) -> Sent:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Sent.NO_LOGIN
    if isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLError):
        return Sent.NO_TLS
    return Sent.AWAY


class _within:  # noqa: N801  reads as what it does
    """Breaks the connection when a block takes too long: a server that sends a byte now and then would hold it for ever."""

    def __init__(self, smtp: smtplib.SMTP, seconds: float) -> None:
        self._timer = threading.Timer(seconds, _break, [smtp])
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _break(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        with contextlib.suppress(OSError):
            smtp.sock.shutdown(socket.SHUT_RDWR)
