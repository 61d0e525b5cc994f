"""The `samrum` command.

Each zone's code is imported only when its own command runs: relay's process never loads a line of home's, and a wheel that
ships without a zone says so in a sentence.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from samrum.plumbing.config import BadConfig

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

Config = Annotated[Path, typer.Option(help="The zone's configuration file (TOML).")]


home = typer.Typer(no_args_is_help=True, help="The zone home: the authority itself.")
relay = typer.Typer(no_args_is_help=True, help="The zone relay: the sovereign operator.")
home_ledger = typer.Typer(no_args_is_help=True, help="Home's ledger, beside a running home.")
ledger = typer.Typer(no_args_is_help=True, help="An authority's ledger, as anybody may check it.")
app.add_typer(home, name="home")
app.add_typer(relay, name="relay")
home.add_typer(home_ledger, name="ledger")
app.add_typer(ledger, name="ledger")


def _zone(name: str) -> ModuleType:
    """The module `samrum.<name>.app`, or a sentence and exit code 2 where this installation lacks the zone."""
    try:
        return importlib.import_module(f"samrum.{name}.app")
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
