"""The `samrum` command.

Each zone's code is imported only when its own command runs: relay's process never loads a line of home's, and a wheel that
ships without a zone says so in a sentence.
"""

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import typer

from samrum.plumbing.config import BadConfig

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

Config = Annotated[Path, typer.Option(help="The zone's configuration file (TOML).")]


home = typer.Typer(no_args_is_help=True, help="The zone home: the authority itself.")
relay = typer.Typer(no_args_is_help=True, help="The zone relay: the sovereign operator.")
home_shares = typer.Typer(no_args_is_help=True, help="Shares: two of three people restore home's keys.")
home_rooms = typer.Typer(no_args_is_help=True, help="Home's rooms, beside a running home.")
home_records = typer.Typer(
    no_args_is_help=True, help="Home's records: the sealed mirror and the index, beside a running home."
)
home_ledger = typer.Typer(no_args_is_help=True, help="Home's ledger, beside a running home.")
ledger = typer.Typer(no_args_is_help=True, help="An authority's ledger, as anybody may check it.")
app.add_typer(home, name="home")
app.add_typer(relay, name="relay")
home.add_typer(home_ledger, name="ledger")
home.add_typer(home_rooms, name="rooms")
home.add_typer(home_shares, name="shares")
home.add_typer(home_records, name="records")
app.add_typer(ledger, name="ledger")


def _zone(name: str, part: str = "app") -> ModuleType:
    """The module `samrum.<name>.<part>`, or a sentence and exit code 2 where this installation lacks the zone."""
    try:
        return importlib.import_module(f"samrum.{name}.{part}")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("samrum."):
            raise
        sys.stderr.write(f"This installation of Samrum holds no {name}: install the wheel of that zone.\n")
        raise typer.Exit(2) from None


@home.command("run")
def home_run(config: Config) -> None:
    """Runs home until SIGINT or SIGTERM."""
    _zone("home").run(config)


@home.command("registration")
def home_registration(config: Config) -> None:
    """Prints what the operator of relay must know of this authority (public keys, origins), as JSON; makes keys that are missing."""
    try:
        sys.stdout.write(_zone("home").registration(config))
    except BadConfig as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from None


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """A `BadConfig` is its sentence and exit code 2."""
    try:
        yield
    except BadConfig as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from None


def _say(lines: list[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


@home_shares.command("make")
def home_shares_make(
    config: Config,
    files: Annotated[list[Path], typer.Argument(help="Three new files, best on three sticks for three people.")],
    *,
    anew: Annotated[bool, typer.Option(help="Replace shares that were made before: they open nothing more.")] = False,
) -> None:
    """Makes three shares, any two of which open what `keys.recovery` holds. Prints none of them."""
    with _sentences():
        if len(files) != 3:
            raise BadConfig("three files are needed")
        _say(_zone("home", "admin").make_shares(config, files, anew=anew))


@home_shares.command("check")
def home_shares_check(
    files: Annotated[list[Path], typer.Argument(help="One share's file, or two.")],
    recovery: Annotated[Path | None, typer.Option(help="The folder of what shares open.")] = None,
    config: Annotated[Path | None, typer.Option(help="Home's configuration, which names that folder.")] = None,
) -> None:
    """Checks a share's words; with two shares also what they open. Prints no word and no key."""
    with _sentences():
        _say(_zone("home", "admin").check_shares(files, recovery, config))


@home.command("rewrap")
def home_rewrap(
    config: Config, to: Annotated[Literal["file", "pkcs11"], typer.Option(help="Where the root key shall be.")]
) -> None:
    """Moves the root key between key file and PKCS#11 token, while home is stopped."""
    with _sentences():
        _say(_zone("home", "admin").rewrap(config, to))


@home.command("second-copy")
def home_second_copy(config: Config) -> None:
    """Takes the configured folder as the second place in the stead of one that was lost, and writes every wrapped key there."""
    with _sentences():
        _say(_zone("home", "admin").new_second_copy(config))


@home.command("log")
def home_log(config: Config, out: Annotated[Path, typer.Option(help="A new file.")]) -> None:
    """Writes relay's whole log of this authority, sealed as it is, into a file."""
    with _sentences():
        _say(_zone("home", "admin").write_log(config, out))


@home_rooms.command("ownerless")
def home_rooms_ownerless(config: Config) -> None:
    """Lists the rooms that nobody owns, with kind, size and title. A moderator, else whoever is in it longest, may take one over."""
    with _sentences():
        _say(_zone("home", "admin").ownerless(config))


@home.command("drill")
def home_drill(
    shares: Annotated[tuple[Path, Path], typer.Option(help="Two shares.")],
    config: Annotated[Path | None, typer.Option(help="Home's configuration; not needed if all else is given.")] = None,
    *,
    second_copy: Annotated[Path | None, typer.Option(help="The second place, or a copy of it.")] = None,
    recovery: Annotated[Path | None, typer.Option(help="The folder of what shares open, or a copy of it.")] = None,
    log: Annotated[str | None, typer.Option(help="Relay's address, or a file by `samrum home log`.")] = None,
    into: Annotated[Path | None, typer.Option(help="An empty folder to keep the rebuilt keys in.")] = None,
    per_epoch: Annotated[int, typer.Option(min=0, help="Messages to open of each room's key; 0 is all.")] = 3,
) -> None:
    """Rebuilds home's keys from two shares, the second copy and relay's log, opens sample messages, and counts. Prints no text.

    Exit code 0: all that was tried opened. 1: something did not, and `failures` says why. 2: it could not be run.
    """
    with _sentences():
        admin = _zone("home", "admin")
        asked = admin.Asked(
            config=config,
            shares=list(shares),
            second_copy=second_copy,
            recovery=recovery,
            log=log,
            into=into,
            per_epoch=per_epoch,
        )
        report = admin.drill(asked)
        sys.stdout.write(f"{report.text()}\n")
        raise typer.Exit(0 if report.well() else 1)


@home_records.command("status")
def home_records_status(config: Config) -> None:
    """Prints how many of relay's envelopes are here, how many the index has gone over, and how many were left out and why, as JSON."""
    with _sentences():
        sys.stdout.write(_zone("home", "admin").records_status(config) + "\n")


@home_ledger.command("export")
def home_ledger_export(config: Config) -> None:
    """Prints the ledger up to its signed head, for `samrum ledger verify`."""
    try:
        for line in _zone("home").export_ledger(config):
            sys.stdout.write(line)
    except BadConfig as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from None


@ledger.command("verify")
def ledger_verify(
    file: Annotated[Path | None, typer.Argument(help="An export; without it, --home is asked.")] = None,
    *,
    keys: Annotated[Path | None, typer.Option(help="The authority's public keys: home's /keys.json.")] = None,
    witness: Annotated[str | None, typer.Option(help="A head that relay witnessed: the statement, or a file.")] = None,
    home: Annotated[str | None, typer.Option(help="Home's address; keys come from there without --keys.")] = None,
    relay: Annotated[str | None, typer.Option(help="Relay's HTTP address, for the head that it witnessed.")] = None,
    user: Annotated[str | None, typer.Option(help="Who signs in at --home; the password is asked for.")] = None,
) -> None:
    """Checks that a ledger is what home signed and relay witnessed, with public keys alone.

    Exit code 0: it is. 1: it is not, and the first word says how (truncated, reordered, rewritten, fork, stale, …). 2: it could not be checked.
    """
    from samrum.verify import command  # noqa: PLC0415  zones' processes must not load it

    raise typer.Exit(command.run(command.Asked(file, keys, witness, home, relay, user)))


@relay.command("run")
def relay_run(config: Config) -> None:
    """Runs relay until SIGINT or SIGTERM."""
    _zone("relay").run(config)


@app.command()
def up(
    data: Annotated[Path, typer.Option(help="Folder of keys and data; made on the first start.")] = Path("data"),
    port_base: Annotated[
        int, typer.Option(min=1024, max=65000, help="Home's port; the next four are used too.")
    ] = 8440,
    city: Annotated[str, typer.Option(help="Which invented city to start; there is one: demo.")] = "demo",
    ready_file: Annotated[Path | None, typer.Option(help="Where to write addresses and logins as JSON.")] = None,
) -> None:
    """Starts the demo city on this machine: home, relay and LiveKit, each as a process of its own. Ctrl+C stops it."""
    from samrum.demo import up as demo  # noqa: PLC0415  zones' processes must not load the launcher

    raise typer.Exit(demo.run(city=city, port_base=port_base, data=data, ready_file=ready_file))


def main() -> None:
    """Entry point of the console script."""
    app()
