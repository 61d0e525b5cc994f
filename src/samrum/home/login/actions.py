"""Checking passwords and opening sessions."""

import asyncio
import os
import secrets
from typing import Final

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from samrum.home.directory.outside import login_of
from samrum.home.errors import SignInFailed, TooManyTries
from samrum.home.login import tables
from samrum.home.login.door import IDLE_SECONDS, LONGEST_SECONDS, session_hash
from samrum.home.login.slowing import Slowing
from samrum.home.people import tables as people
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.home_api import SignIn
from samrum.wire.ids import Pid

_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$nq0df38c2YOGqTRHJaE0Ag$68BjThhJNoRunDoMXpDeT5z4TY7rPrg9lc0ebPSu0ik"
"""A hash that no known password fits, for a directory without people."""
AT_ONCE: Final = max(2, min(8, os.cpu_count() or 2))
"""Passwords checked at the same time: each takes 64 MiB and a processor."""
WAITING: Final = 200
"""Passwords that may wait to be checked; who comes later is asked to come again."""
COME_AGAIN: Final = 5.0


class Login:
    """Sign-in with user name and password. Signing out ends a device too: `devices.actions`."""

    def __init__(self, *, db: Transactions, clock: Clock, log: Log) -> None:
        self._db, self._clock, self._log = db, clock, log
        self._hasher = argon2.PasswordHasher()
        self._slowing = Slowing()
        self._checking, self._queue = asyncio.Semaphore(AT_ONCE), 0

    async def sign_in(self, form: SignIn, address: str) -> tuple[Pid, str]:
        """Pseudonym and cookie; raises `SignInFailed` or `TooManyTries`. An unknown user costs the same and answers the same."""
        login, now = login_of(form.user), self._clock.now()
        wait = self._slowing.wait(login, address, now)
        if wait > 0:
            raise TooManyTries(wait)
        if self._queue >= WAITING:
            raise TooManyTries(COME_AGAIN)
        self._slowing.failed(login, address, now)
        found, stored = await self._db.read(lambda tx: _stored(tx, login))
        self._queue += 1
        try:
            async with self._checking:
                fits = await asyncio.to_thread(self._fits, stored, form.password)
        finally:
            self._queue -= 1
        if found is None or not fits:
            self._log.info("sign_in.failed")
            raise SignInFailed
        self._slowing.succeeded(login, address)
        pid, cookie, opened = found[0], secrets.token_urlsafe(32), int(self._clock.now())
        await self._db.write(lambda tx: tables.add(tx, session_hash(cookie), pid, opened, opened + LONGEST_SECONDS))
        self._log.info("sign_in.done", person=pid)
        return pid, cookie

    async def expire(self) -> None:
        """Forgets sessions that ended."""
        now = int(self._clock.now())
        await self._db.write(lambda tx: tables.expire(tx, now, now - IDLE_SECONDS))

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _stored(tx: Tx, login: str) -> tuple[tuple[Pid, str] | None, str]:
    """Who that is, and the hash to check: for an unknown user somebody's, so that it costs as much, whatever the check says."""
    found = people.by_login(tx, login)
    return found, found[1] if found else people.any_hash(tx) or _NOBODY
