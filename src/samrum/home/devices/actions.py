"""Certifying, renewing and revoking devices."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final, Protocol

from samrum.home.devices import tables
from samrum.home.devices.proof import Proven
from samrum.home.errors import (
    DeviceOfOther,
    DeviceRevoked,
    DeviceUnknown,
    NotAllowed,
    NotFound,
    SecondCopyAway,
    TooManyDevices,
)
from samrum.home.keys.folder import Signer
from samrum.home.ledger import actions as ledger
from samrum.home.ledger.chain import DeviceCertified, DeviceEnded, DeviceLost
from samrum.home.login import tables as sessions
from samrum.home.login.door import Signed
from samrum.home.outbox import actions as outbox
from samrum.home.since import tables as since
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import home_api, jws
from samrum.wire.base import Jwk
from samrum.wire.ids import Dev, Pid, TenantId
from samrum.wire.statements import Cert, Confirmation, Grant, Revoke, Topic

PERSISTENT_SECONDS: Final = 30 * 86_400
SHORT_SECONDS: Final = 12 * 3600
"""A certificate's life where the browser does not keep its storage."""
GRANT_SECONDS: Final = 24 * 3600
REVOKE_WAIT: Final = 2.0
LISTED_SECONDS: Final = 30 * 86_400
"""How long a device stays in its person's list after it ended; so long, too, home waits for one whose certificate has ended."""
LEAVE_AT_ONCE: Final = 200
"""Devices that leave lists in one transaction."""
NOBODY: Final = ""
"""`known` of a device that had no other to ask."""


@dataclass(frozen=True, slots=True)
class Certified:
    """A device's newest certificate, a fresh grant, and when its session ends."""

    cert: str
    grant: str
    ends: int


class NewEpochs(Protocol):
    """Gives each of a person's rooms a new key, or makes it due for `later`."""

    def __call__(self, tx: Tx, pid: Pid, now: int, *, later: bool) -> None:
        """In the transaction of what it follows from; raises `SecondCopyAway`, at the latest before its commit."""


class Devices:
    """Devices of people."""

    def __init__(
        self,
        *,
        db: Transactions,
        clock: Clock,
        signer: Signer,
        tenant: TenantId,
        out: outbox.Outbox,
        new_epochs: "NewEpochs",
        most: int,
        log: Log,
    ) -> None:
        """`new_epochs` gives each of a person's rooms a new key, when a device is reported lost; `most` devices a person."""
        self._db, self._clock, self._signer, self._tenant = db, clock, signer, tenant
        self._out, self._new_epochs, self._most, self._log = out, new_epochs, most, log

    async def start(self, me: Signed, form: home_api.Start, proven: Proven) -> Certified:
        """Certifies a new device or renews a known one, and binds the session to it. The proof is by the key in the form."""
        now = int(self._clock.now())

        def write(tx: Tx) -> Certified:
            proven.use(tx)
            known = tables.get(tx, form.dev)
            if known is None:
                self._certify(tx, me.pid, form, now)
            elif (known.pid, known.x) != (me.pid, form.jwk.x):
                raise DeviceOfOther
            elif known.revoked is not None:
                raise DeviceRevoked
            else:
                tables.change(tx, form.dev, form.label, form.persistent, now)
            ends = me.ends if form.persistent else min(me.ends, now + SHORT_SECONDS)
            sessions.bind(tx, me.session, form.dev, ends)
            return self._papers(tx, me.pid, form.dev, form.jwk, persistent=form.persistent, now=now, ends=ends)

        return await self._db.write(write, publish=self._out.woken)

    async def renew(self, me: Signed, proven: Proven) -> Certified:
        """A fresh grant, and a certificate where the old one has lived half its life."""
        now = int(self._clock.now())

        def write(tx: Tx) -> Certified:
            proven.use(tx)
            row = tables.get(tx, proven.dev)
            if row is None or row.pid != me.pid:
                raise DeviceUnknown
            if row.revoked is not None:
                raise DeviceRevoked
            tables.seen(tx, row.dev, now)
            jwk = Jwk(kty="OKP", crv="Ed25519", x=row.x)
            return self._papers(tx, me.pid, row.dev, jwk, persistent=bool(row.persistent), now=now, ends=me.ends)

        return await self._db.write(write)

    async def mine(self, me: Signed) -> home_api.Devices:
        """One's own devices."""

        def read(tx: Tx) -> home_api.Devices:
            listed = tables.of_person(tx, me.pid)
            here = next((row.created for row in listed if row.dev == me.dev and row.revoked is None), None)
            devices = [_seen_from(row, me.dev, here) for row in listed]
            return home_api.Devices(devices=devices, former=tables.former(tx, me.pid))

        return await self._db.read(read)

    async def know(self, me: Signed, dev: Dev, proven: Proven) -> None:
        """One's own device that asks was oneself. Only an older one may say so, or a thief's device would."""

        def write(tx: Tx) -> None:
            proven.use(tx)
            row, mine = tables.get(tx, dev), tables.get(tx, proven.dev)
            if row is None or row.pid != me.pid:
                raise NotFound
            if mine is None or mine.pid != me.pid or mine.dev == dev or mine.created > row.created:
                raise NotAllowed
            if tables.know(tx, dev, mine.dev):
                self._devices_changed(tx, me.pid)

        await self._db.write(write, publish=self._out.woken)

    async def certs(self, devs: list[Dev]) -> home_api.Certs:
        """Every certificate of these devices."""
        return await self._db.read(lambda tx: home_api.Certs(certs=tables.certs(tx, devs)))

    async def revoke(self, me: Signed, dev: Dev, *, lost: bool) -> None:
        """Ends one of one's own devices from another; if it is `lost`, every room gets a new key. Waits ≤ 2 s for relay."""
        now = int(self._clock.now())

        def write(tx: Tx, *, later: bool = False) -> bool:
            row = tables.get(tx, dev)
            if row is None or row.pid != me.pid:
                raise NotFound
            newly_lost = lost and tables.lose(tx, dev, now)
            if newly_lost:
                tables.unknow(tx, dev)
                ledger.append(tx, DeviceLost(at=now, pid=me.pid, dev=dev))
                self._new_epochs(tx, me.pid, now, later=later)
            if me.dev is not None and me.dev != dev:
                tables.know(tx, dev, me.dev)  # who ends it has seen it
            ended = self._end(tx, me.pid, dev, now, told=newly_lost)
            if newly_lost and not ended:
                self._devices_changed(tx, me.pid)
            return ended

        try:
            ended = await self._db.write(write, publish=self._out.woken)
        except SecondCopyAway:  # the device ends all the same
            ended = await self._db.write(lambda tx: write(tx, later=True), publish=self._out.woken)
        if lost:
            self._log.info("device.lost", device=dev)
        else:
            self._log.info("device.revoked", device=dev)
        if ended:
            await self._out.delivered("revoke", me.pid, 0, REVOKE_WAIT)

    async def sign_out(self, me: Signed) -> None:
        """Ends the session, and its device for good: its grant must not live on. Waits ≤ 2 s for relay.

        The person does this by their own will at that device, which forgets its keys: nothing is lost, so no key changes.
        """
        dev, now = me.dev, int(self._clock.now())

        def write(tx: Tx) -> None:
            sessions.end(tx, me.session)
            if dev is not None:
                sessions.end_device(tx, dev)
                self._end(tx, me.pid, dev, now)

        await self._db.write(write, publish=self._out.woken)
        if dev is not None:
            self._log.info("device.signed_out", device=dev)
            await self._out.delivered("revoke", me.pid, 0, REVOKE_WAIT)

    def _end(self, tx: Tx, pid: Pid, dev: Dev, now: int, *, told: bool = False) -> bool:
        """Whether it had not ended before; `told`: the ledger says so already."""
        if not tables.revoke(tx, dev, now):
            return False
        if not told:
            ledger.append(tx, DeviceEnded(at=now, pid=pid, dev=dev))
        self._owe_revocation(tx, pid, dev, now)
        self._devices_changed(tx, pid)
        return True

    def of_integration(self, tx: Tx, pid: Pid, dev: Dev, *, jwk: Jwk, name: str, now: int) -> Certified | None:
        """Papers for a device of an integration, which lives at home and is certified by this; `None` if it ended or has another key."""
        row = tables.get(tx, dev)
        if row is None:
            self._certify(tx, pid, home_api.Start(dev=dev, jwk=jwk, label=name, persistent=True), now)
        elif row.revoked is not None or (row.pid, row.x) != (pid, jwk.x):
            return None
        else:
            tables.seen(tx, dev, now)
        return self._papers(tx, pid, dev, jwk, persistent=True, now=now, ends=now + PERSISTENT_SECONDS)

    def end_integration(self, tx: Tx, pid: Pid, dev: Dev, now: int) -> None:
        """Nobody writes under this device any more."""
        self._end(tx, pid, dev, now)

    def end_person(self, tx: Tx, pid: Pid, now: int) -> None:
        """The person left the directory: relay closes everything of theirs."""
        self._owe_revocation(tx, pid, None, now)

    async def expire(self) -> None:
        """Forgets stale proofs, and takes out of the lists what ended, or did not come back, 30 days ago."""
        now = int(self._clock.now())
        await self._db.write(lambda tx: tables.expire_proofs(tx, now))

        def leave(tx: Tx) -> None:
            for dev, pid, revoked in tables.over(tx, now - LISTED_SECONDS, LEAVE_AT_ONCE):
                self._leave(tx, pid, dev, revoked, now)

        # Looking through all devices must not hold up who writes.
        while await self._db.read(lambda tx: tables.over(tx, now - LISTED_SECONDS, 1)):
            await self._db.write(leave)

    def _leave(self, tx: Tx, pid: Pid, dev: Dev, revoked: int | None, now: int) -> None:
        """Whatever is not listed has ended in the ledger, so that no device can hide behind having left."""
        if revoked is None:
            tables.revoke(tx, dev, now)
            ledger.append(tx, DeviceEnded(at=now, pid=pid, dev=dev))
        tables.leave(tx, dev, now)

    def _owe_revocation(self, tx: Tx, pid: Pid, dev: Dev | None, now: int) -> None:
        revoke = Revoke(tenant=self._tenant, pid=pid, iat=now, until=now + GRANT_SECONDS, dev=dev)
        outbox.add_revocation(tx, pid, self._signer.sign(revoke))

    def _devices_changed(self, tx: Tx, pid: Pid) -> None:
        since.add(tx, [pid], Topic.DEVICES)
        outbox.add_hint(tx, pid, Topic.DEVICES, lane=pid)

    def _certify(self, tx: Tx, pid: Pid, form: home_api.Start, now: int) -> None:
        listed = tables.of_person(tx, pid)
        if len(listed) >= self._most:
            over = [(since, row) for row in listed if (since := row.over_since(now)) is not None]
            if not over:
                raise TooManyDevices
            _, oldest = min(over, key=lambda one: one[0])
            self._leave(tx, pid, oldest.dev, oldest.revoked, now)
        known = None if any(row.revoked is None for row in listed) else NOBODY
        key = jws.b64(hashlib.sha256(jws.unb64(form.jwk.x)).digest())
        tables.add(
            tx,
            tables.Row(
                dev=form.dev,
                pid=pid,
                x=form.jwk.x,
                label=form.label,
                persistent=int(form.persistent),
                created=now,
                seen=now,
                revoked=None,
                lost=None,
                known=known,
            ),
        )
        ledger.append(tx, DeviceCertified(at=now, pid=pid, dev=form.dev, key=key))
        self._devices_changed(tx, pid)
        self._log.info("device.certified", device=form.dev)

    def _papers(self, tx: Tx, pid: Pid, dev: Dev, jwk: Jwk, *, persistent: bool, now: int, ends: int) -> Certified:
        life = PERSISTENT_SECONDS if persistent else SHORT_SECONDS
        last = tables.last_cert(tx, dev)
        if last is None or bool(last.persistent) != persistent or last.exp - now < life // 2:
            iat = max(now, last.iat + 1) if last else now
            cert = Cert(
                iss=self._tenant,
                sub=pid,
                dev=dev,
                cnf=Confirmation(jwk=jwk),
                iat=iat,
                exp=now + life,
                persistent=persistent,
            )
            last = tables.CertRow(self._signer.sign(cert), iat, cert.exp, int(persistent))
            tables.add_cert(tx, dev, last)
        grant = Grant(
            iss=self._tenant,
            aud="relay",
            sub=pid,
            dev=dev,
            cnf=Confirmation(jwk=jwk),
            iat=now,
            exp=min(now + GRANT_SECONDS, last.exp),
            jti=jws.b64(secrets.token_bytes(16)),
        )
        return Certified(last.jws, self._signer.sign(grant), ends)


def _seen_from(row: tables.Listed, here: Dev | None, since: int | None) -> home_api.Device:
    """A listed device as the device `here`, certified at `since`, sees it."""
    asks = row.known is None and row.lost is None and row.dev != here and since is not None and row.created >= since
    return home_api.Device(
        dev=row.dev,
        label=row.label,
        created=row.created,
        seen=row.seen,
        ends=row.ends,
        persistent=bool(row.persistent),
        revoked=row.revoked is not None,
        lost=row.lost is not None,
        asks=asks,
    )
