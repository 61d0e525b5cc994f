"""The register of data flows, `flows.toml`: every connection between parties, who, where, what and why.

It names parties and variables (`{relay.http}`); addresses come from the zone's configuration. What is not in it cannot be
connected to: the browser's policy (`policy`) and home's way out (`outside`) are made from it.
"""

import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from samrum.plumbing.config import BadConfig


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who stands behind a zone."""

    name: str
    country: str


class Flow(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"source": "from", "target": "to"}
):
    """One flow."""

    id: str
    source: str
    target: str
    party: str
    """Who receives: a key of the parties."""
    address: list[str] = []
    """Addresses as variables of the configuration of the zone that opens the connection."""
    purpose: str
    basis: str
    categories: list[str]
    fields: list[str]
    retention: str
    default: bool
    """Whether it flows unless the authority switches it on or off."""


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    party: dict[str, Party]
    flow: list[Flow]

    def of(self, flow_id: str) -> Flow | None:
        """The flow with that id."""
        return next((flow for flow in self.flow if flow.id == flow_id), None)


class FlowShown(msgspec.Struct, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """A flow as the page *Where does my data go?* shows it."""

    id: str
    source: str
    target: str
    party: str
    country: str
    purpose: str
    basis: str
    categories: list[str]
    fields: list[str]
    retention: str
    on: bool


def read(path: Path) -> Register:
    """The register in `path`; raises `BadConfig`."""
    try:
        register = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Register)
    except OSError as error:
        raise BadConfig(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadConfig(f"{path}: {error}") from None
    names = [flow.id for flow in register.flow]
    if len(set(names)) != len(names):
        raise BadConfig(f"{path}: a flow id stands twice")
    for flow in register.flow:
        if flow.party not in register.party:
            raise BadConfig(f"{path}: flow {flow.id}: unknown party")
    return register


def addresses(flow: Flow, known: dict[str, str]) -> list[str]:
    """The origins of a flow, as far as this zone's configuration knows them (`scheme://host:port`)."""
    found = (known.get(address.strip("{}")) for address in flow.address)
    return [f"{urlsplit(one).scheme}://{urlsplit(one).netloc}" for one in found if one]


def shown(register: Register, authority: str) -> list[FlowShown]:
    """The register for people; `{authority}` in a party's name is filled in."""
    return [
        FlowShown(
            id=flow.id,
            source=flow.source,
            target=flow.target,
            party=register.party[flow.party].name.replace("{authority}", authority),
            country=register.party[flow.party].country,
            purpose=flow.purpose,
            basis=flow.basis,
            categories=flow.categories,
            fields=flow.fields,
            retention=flow.retention,
            on=flow.default,
        )
        for flow in register.flow
    ]
