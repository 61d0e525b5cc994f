"""Mail, put together from home's configuration."""

from email.utils import parseaddr
from urllib.parse import urlsplit

from samrum.home.config import HomeConfig
from samrum.home.flows.outside import Outgoing
from samrum.home.keys.actions import EpochKeys
from samrum.home.mail.actions import Mail
from samrum.home.mail.letter import Sender, Writer
from samrum.home.mail.outside import Folder, Post, Smtp
from samrum.home.mail.source import FromRecords
from samrum.plumbing.clock import Clock
from samrum.plumbing.config import BadConfig
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions


def mail(
    config: HomeConfig,
    *,
    db: Transactions,
    records: Transactions,
    keys: EpochKeys,
    outgoing: Outgoing,
    clock: Clock,
    log: Log,
) -> Mail | None:
    """Missed-activity mail; `None` where none is configured. Raises `BadConfig`."""
    wanted = config.mail
    if wanted is None:
        return None
    wanted.check()
    address = parseaddr(wanted.sender)[1]
    sender = Sender(config.authority, wanted.sender, wanted.reply_to, config.origin())
    return Mail(
        db=db,
        clock=clock,
        records=FromRecords(db=db, records=records, keys=keys),
        post=_post(config, outgoing, address),
        writer=Writer(sender, wanted.content),
        language=wanted.language,
        zone=wanted.zone(),
        domain=address.rpartition("@")[2],
        log=log,
    )


def _post(config: HomeConfig, outgoing: Outgoing, address: str) -> Post:
    assert config.mail is not None
    if config.mail.folder is not None:
        return Folder(config.mail.folder)
    server = config.mail.server(urlsplit(config.url).hostname or "localhost")
    if server is None:
        raise BadConfig("[mail] needs either smtp or folder")
    return Smtp(outgoing, server, address)
