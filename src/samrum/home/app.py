"""Home, put together by hand, once."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from litestar import Litestar, get
from litestar.di import Provide
from litestar.types import ASGIApp

from samrum.home.channels import http as channels_http
from samrum.home.channels.actions import PublicChannels
from samrum.home.config import HomeConfig
from samrum.home.devices import http as devices_http
from samrum.home.devices.actions import Devices
from samrum.home.devices.proof import Proofs
from samrum.home.directory import outside as directory_file
from samrum.home.directory.actions import Takeover
from samrum.home.directory.outside import File
from samrum.home.errors import SecondCopyAway
from samrum.home.export import http as export_http
from samrum.home.export.actions import Exports
from samrum.home.export.worker import Worker
from samrum.home.flows import http as flows_http
from samrum.home.flows import policy, register
from samrum.home.flows.outside import Outgoing
from samrum.home.hooks import http as hooks_http
from samrum.home.hooks.actions import HookBook
from samrum.home.hooks.sending import Sending
from samrum.home.keys import folder
from samrum.home.keys import http as keys_http
from samrum.home.keys.actions import EpochKeys
from samrum.home.keys.copy import CopyAway, SecondCopy, same_disk
from samrum.home.keys.use import KeyUse
from samrum.home.ledger import export as ledger_export
from samrum.home.ledger import http as ledger_http
from samrum.home.ledger.actions import Ledger
from samrum.home.login import http as login_http
from samrum.home.login.actions import Login
from samrum.home.login.door import Door
from samrum.home.mail import wiring as mail_wiring
from samrum.home.mail.actions import Mail
from samrum.home.moderation import http as moderation_http
from samrum.home.moderation.actions import Moderation
from samrum.home.outbox.actions import Outbox
from samrum.home.outbox.outside import Relay
from samrum.home.people import http as people_http
from samrum.home.people.actions import Directory
from samrum.home.pictures import http as pictures_http
from samrum.home.pictures.actions import Pictures
from samrum.home.records.reader import Reader
from samrum.home.rooms import http as rooms_http
from samrum.home.rooms.actions import Rooms
from samrum.home.search import http as search_http
from samrum.home.search.actions import Finding
from samrum.home.settings import http as settings_http
from samrum.home.settings.actions import OwnSettings
from samrum.home.since import http as since_http
from samrum.home.since.actions import Picture
from samrum.home.site import http as site_http
from samrum.home.site.files import Site
from samrum.home.site.headers import Dressed
from samrum.plumbing import config as plumbing_config
from samrum.plumbing import http, tasks
from samrum.plumbing.clock import Clock, SystemClock
from samrum.plumbing.log import Log, Word, setup
from samrum.plumbing.transactions import Transactions, open_transactions
from samrum.wire.base import Jwk, Wire
from samrum.wire.home_api import HomeHealth, PublicKeys, RelayAddress
from samrum.wire.ids import KeyId, TenantId

LEDGER_SECONDS: Final = 60.0
TIDY_SECONDS: Final = 600.0
AGAIN_SECONDS: Final = 5.0
"""Before a background task that failed runs again."""
RENEW_AT_ONCE: Final = 50
"""Rooms that get a new key in one transaction when theirs is 30 days old."""


@dataclass(frozen=True, slots=True)
class Home:
    """A wired home: the application for its HTTP server, and what its tasks need."""

    app: ASGIApp
    db: Transactions
    outgoing: Outgoing
    outbox: Outbox
    ledger: Ledger
    login: Login
    devices: Devices
    rooms: Rooms
    settings: OwnSettings
    moderation: Moderation
    hooks: HookBook
    sending: Sending
    exports: Exports
    exporter: Worker
    keys: EpochKeys
    use: KeyUse
    takeover: Takeover
    records: Transactions
    reader: Reader
    mail: Mail | None
    site: Site
    clock: Clock

    async def tidy(self) -> None:
        """Forgets what is over, and renews keys that are 30 days old."""
        now = int(self.clock.now())
        await self.login.expire()
        await self.devices.expire()
        await self.db.write(lambda tx: self.keys.expire(tx, now))
        await self.settings.end_statuses()
        await self.moderation.expire()
        await self.hooks.tidy()
        await self.exports.tidy()
        await renew(self.rooms)

    async def tidy_for_ever(self) -> None:
        """`tidy` every ten minutes."""
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            await self.tidy()

    async def close(self) -> None:
        """Closes connections and the database."""
        await self.outgoing.close()
        await self.records.close()
        await self.db.close()


async def renew(rooms: Rooms) -> None:
    """New keys where the old ones have served their time; they wait while the second copy is away."""
    with contextlib.suppress(SecondCopyAway):
        while await rooms.renew_epochs(RENEW_AT_ONCE) == RENEW_AT_ONCE:
            pass


async def build(config: HomeConfig, *, clock: Clock, log: Log) -> Home:
    """Wires home up; raises `BadConfig`."""
    tls, origin, flows = config.tls(), config.origin(), register.read(config.flows)
    keys_of, copy = open_keys(config, log)
    signer, tenant = keys_of.signer, config.tenant
    relay_at = RelayAddress(http=config.relay.http, stream=config.relay.stream)
    headers = policy.headers(flows, config.addresses(), tls=tls is not None)
    db = await open_transactions(config.data / "home.db", Path(__file__).with_name("migrations"))
    outgoing = Outgoing(flows, config.addresses(), ca=config.relay.ca)
    relay = Relay(outgoing=outgoing, signer=signer, tenant=tenant, clock=clock)
    outbox = Outbox(db=db, clock=clock, signer=signer, tenant=tenant, relay=relay, log=log)
    ledger = Ledger(db=db, clock=clock, signer=signer, tenant=tenant, relay=relay, log=log)
    keys = EpochKeys(db=db, clock=clock, folder=keys_of, copy=copy, tenant=tenant, log=log)
    rooms = Rooms(db=db, clock=clock, signer=signer, tenant=tenant, keys=keys, out=outbox, log=log)
    devices = Devices(
        db=db,
        clock=clock,
        signer=signer,
        tenant=tenant,
        out=outbox,
        new_epochs=rooms.new_epochs,
        most=config.devices,
        log=log,
    )
    records = await open_transactions(config.data / "records.db", Path(__file__).parent / "records" / "migrations")
    reader = Reader(db=db, records=records, relay=relay, keys=keys, signer=signer, tenant=tenant, clock=clock, log=log)
    finding = Finding(db=db, records=records, clock=clock, soon=reader.soon)
    picture = Picture(
        db=db, clock=clock, signer=signer, tenant=tenant, authority=config.authority, relay=relay_at, keys=keys
    )
    settings = OwnSettings(db=db, clock=clock, out=outbox)
    channels = PublicChannels(db=db, clock=clock, out=outbox, rooms=rooms)
    moderation = Moderation(db=db, clock=clock, out=outbox, log=log)
    sending = Sending(
        db=db,
        clock=clock,
        tenant=tenant,
        folder=keys_of,
        keys=keys,
        devices=devices,
        rooms=rooms,
        out=outbox,
        relay=relay,
        log=log,
    )
    hooks = HookBook(
        db=db, clock=clock, origin=origin, rooms=rooms, devices=devices, sending=sending, out=outbox, log=log
    )
    exporter = Worker(db=db, records=records, keys=keys, clock=clock, folder=config.data / "exports", log=log)
    exports = Exports(db=db, clock=clock, worker=exporter, log=log)
    public = PublicKeys(tenant=tenant, authority=config.authority, keys=[signer.public()])
    login, door, proofs, site = Login(db=db, clock=clock, log=log), Door(db, clock), Proofs(db, clock), Site(config.web)

    @get("/health")
    async def health() -> HomeHealth:
        return HomeHealth(ok=True, outbox=await outbox.count())

    app: Litestar = http.application(
        [
            health,
            *login_http.handlers(login, tenant, devices.sign_out),
            *devices_http.handlers(devices, proofs, door, relay_at, picture.begin),
            *since_http.handlers(picture),
            *rooms_http.handlers(rooms, proofs),
            *channels_http.handlers(channels, proofs),
            *pictures_http.handlers(Pictures(db=db, out=outbox, rooms=rooms), proofs),
            *settings_http.handlers(settings),
            *moderation_http.handlers(moderation),
            *hooks_http.handlers(hooks),
            *export_http.handlers(exports),
            *keys_http.handlers(keys, proofs, public),
            *people_http.handlers(Directory(db), door),
            *ledger_http.handlers(ledger, door),
            *search_http.handlers(finding),
            *flows_http.handlers(flows, config.authority),
            *site_http.handlers(site),
        ],
        log=log,
        dependencies={"me": Provide(door.signed)},
    )
    return Home(
        app=Dressed(app, headers=headers, origin=origin, clock=clock),
        db=db,
        outgoing=outgoing,
        outbox=outbox,
        ledger=ledger,
        login=login,
        devices=devices,
        rooms=rooms,
        settings=settings,
        moderation=moderation,
        hooks=hooks,
        sending=sending,
        exports=exports,
        exporter=exporter,
        keys=keys,
        use=KeyUse(db=db, relay=relay, renew=lambda: renew(rooms), log=log),
        records=records,
        reader=reader,
        mail=mail_wiring.mail(config, db=db, records=records, keys=keys, outgoing=outgoing, clock=clock, log=log),
        takeover=Takeover(db=db, clock=clock, rooms=rooms, devices=devices, log=log),
        site=site,
        clock=clock,
    )


def open_keys(config: HomeConfig, log: Log) -> tuple[folder.KeyFolder, SecondCopy]:
    """Home's secrets, and the second place of its keys; raises `BadConfig`.

    A second place that is away does not stop a home that has used it: what stands there already is released.
    """
    config.check_places()
    keys_of = folder.KeyFolder(config.keys, config.tenant)
    copy = SecondCopy(config.keys.second_copy, config.keys.folder, config.tenant)
    try:
        copy.settle()
    except CopyAway as error:
        log.error("keys.second_copy_away", error=error)  # noqa: TRY400  our log, not logging's
    if same_disk(config.keys.second_copy, config.data):
        log.warning("keys.second_copy_on_same_disk")
    try:
        keys_of.keep_restorable()
    except OSError as error:
        log.error("keys.recovery_away", error=error)  # noqa: TRY400
    return keys_of, copy


async def main(
    config: HomeConfig, stop: asyncio.Event, *, clock: Clock | None = None, ledger_seconds: float = LEDGER_SECONDS
) -> None:
    """Runs home until `stop` is set; raises `BadConfig`."""
    log, clock = setup("home"), clock or SystemClock()
    host, port = plumbing_config.address(config.listen)
    tls, file = config.tls(), directory_file.read(config.directory)
    folder.make(config, int(clock.now()))
    home = await build(config, clock=clock, log=log)
    try:
        await asyncio.to_thread(home.keys.destroy_days)
        await home.keys.copy_missing()
        taken = await take_over(home.takeover, file)
        if served := home.site.build():
            await home.ledger.client_served(served.digest)
        await tasks.survive(home.tidy(), log, "tidy.failed")  # a full disk must not keep home from starting
        server = http.server(home.app, tls=tls)
        sockets = [http.listen(host, port)]
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(_keep(home.outbox.run, Word("outbox"), log)),
                group.create_task(_keep(lambda: home.ledger.run(ledger_seconds), Word("ledger"), log)),
                group.create_task(_keep(home.tidy_for_ever, Word("tidy"), log)),
                group.create_task(_keep(home.keys.destroy_days_for_ever, Word("days"), log)),
                group.create_task(_keep(home.use.run, Word("key_use"), log)),
                group.create_task(_keep(home.rooms.begin_due, Word("epochs"), log)),
                group.create_task(_keep(home.reader.run, Word("records"), log)),
                group.create_task(_keep(home.sending.run, Word("hooks"), log)),
                group.create_task(_keep(home.exporter.run, Word("exports"), log)),
            ]
            if home.mail:
                background.append(group.create_task(_keep(home.mail.run, Word("mail"), log)))
            if not taken:
                background.append(group.create_task(_later(lambda: take_over(home.takeover, file))))
            serving = group.create_task(server.serve(sockets=sockets))
            log.info("home.started", people=len(file.people), port=port)
            await stop.wait()
            server.should_exit = True
            await serving
            for task in background:
                task.cancel()
    finally:
        await home.close()
    log.info("home.stopped")


async def take_over(takeover: Takeover, file: File) -> bool:
    """Brings people and rooms to what the directory file says; tells whether all of it could be done."""
    try:
        await takeover.people(file)
        await takeover.rooms(file)
    except SecondCopyAway:
        return False
    return True


async def _later(work: Callable[[], Awaitable[bool]]) -> None:
    """Tries again until it is done."""
    done = False
    while not done:
        await asyncio.sleep(TIDY_SECONDS / 20)
        with contextlib.suppress(Exception):  # the next try
            done = await work()


async def _keep(work: Callable[[], Awaitable[None]], task: Word, log: Log) -> None:
    """Runs a background task for ever: a full disk or a flow switched off must not end what still works."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  whatever it is, it is logged and tried again
            log.error("task.failed", task=task, error=error)  # noqa: TRY400  our log, not logging's
        await asyncio.sleep(AGAIN_SECONDS)


def run(path: Path) -> None:
    """Runs home by the configuration file `path` until SIGINT or SIGTERM; ends the process on `BadConfig`."""

    async def start(stop: asyncio.Event) -> None:
        await main(plumbing_config.read(path, HomeConfig), stop)

    with contextlib.suppress(KeyboardInterrupt):
        tasks.run(start)


def export_ledger(path: Path) -> Iterator[str]:
    """The ledger of the home configured by `path`, by lines (`ledger/export.py`); raises `BadConfig`."""
    return ledger_export.lines(plumbing_config.read(path, HomeConfig).data / "home.db")


class _PublicKey(Wire):
    kid: KeyId
    jwk: Jwk
    iat: int


class _Registration(Wire):
    tenant: TenantId
    keys: list[_PublicKey]
    origins: list[str]


def registration(path: Path) -> str:
    """What relay's operator must know of this authority, as one line of JSON; makes keys that are missing."""
    config = plumbing_config.read(path, HomeConfig)
    folder.make(config, int(SystemClock().now()))
    key = folder.KeyFolder(config.keys, config.tenant).signer.public()
    public = _PublicKey(kid=key.kid, jwk=key.jwk, iat=key.iat)
    return (
        msgspec.json.encode(_Registration(tenant=config.tenant, keys=[public], origins=[config.origin()])).decode()
        + "\n"
    )
