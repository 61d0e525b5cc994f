"""What can go wrong.

Refused        home or relay refused; `code` is one of `samrum.wire.codes.Code`
DoesNotVerify  what was shown is not what home signed: nothing is sent there
Away           home or relay does not answer now; the client itself tries again
"""


class Refused(Exception):
    """Home or relay refused a request."""

    def __init__(self, code: str, retry_after: float | None = None, have: int | None = None) -> None:
        super().__init__(code)
        self.code, self.retry_after, self.have = code, retry_after, have


class DoesNotVerify(Exception):
    """A statement, a key or an envelope is not what it must be. `args[0]` says which, in a word or two."""


class Away(Exception):
    """Nobody answers, or the connection was lost."""
