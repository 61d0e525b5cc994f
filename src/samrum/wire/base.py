"""The strict struct that everything on a border is made of."""

import msgspec


class Wire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Used by keyword; an unknown field is refused (a stray name is a leak, not a courtesy)."""


class Jwk(Wire):
    """A public Ed25519 key as JWK (RFC 8037 section 2)."""

    kty: str
    crv: str
    x: str


class Problem(Wire):
    """The body of every HTTP error: a code, and what a client needs to go on. Never a text for people, never content."""

    code: str
    retry_after: float | None = None
    """Seconds until a new try makes sense."""
    have: int | None = None
    """With `roster_gap`: the version that relay has applied (0: none). With `offset_gap` and `object_incomplete`: bytes it has."""
    at: int | None = None
    """With `bad_search`: where in the text it goes wrong, in characters from 0."""
