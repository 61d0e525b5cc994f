"""Group commit: what came within a few milliseconds becomes durable together, then everybody hears of it."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions
from samrum.relay.errors import Refusal
from samrum.relay.hub import Hub, Link
from samrum.relay.log import actions
from samrum.relay.log.actions import Committed, Mark, Post
from samrum.wire.codes import Code
from samrum.wire.stream import ReadIs, Sent

WINDOW_SECONDS: Final = 0.01
"""How long a commit waits for company: what it costs is shared by all that is in it."""
CALM_SECONDS: Final = 0.05
CALM_WINDOW_SECONDS: Final = 0.002
"""After a pause of `CALM_SECONDS` nobody waits for long."""
MOST_ITEMS: Final = 500
"""Messages and read marks of one transaction."""
MOST_WAITING: Final = 5000
"""Further ones are refused with `rate_limited`: the disk cannot follow."""
READS_SHOWN_TO: Final = 50
"""In rooms with more connections than this, a read mark goes to the reader's own devices only."""


class Answers(Protocol):
    """How a sender hears what became of a message."""

    def sent(self, post: Post, answer: Sent) -> None:
        """It is durable."""

    def refused(self, link: Link, refusal: Refusal, post: Post | None) -> None:
        """It (or, without `post`, a read mark) is not stored."""


class Batches:
    """Collects, commits, answers, passes on. `run` is its task."""

    def __init__(
        self, transactions: Transactions, hub: Hub, answers: Answers, now: Callable[[], float], log: Log
    ) -> None:
        self._transactions, self._hub, self._answers = transactions, hub, answers
        self._now, self._log = now, log
        self._waiting: list[Post | Mark] = []
        self._some = asyncio.Event()

    def add(self, item: Post | Mark) -> None:
        """Takes an item for the next commit; raises `Refusal` if too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            raise Refusal(Code.RATE_LIMITED, retry_after=1)
        self._waiting.append(item)
        self._some.set()

    async def run(self) -> None:
        """Commits until cancelled."""
        loop, last = asyncio.get_running_loop(), 0.0
        while True:
            await self._some.wait()
            calm = loop.time() - last > CALM_SECONDS
            await asyncio.sleep(CALM_WINDOW_SECONDS if calm else WINDOW_SECONDS)
            items, self._waiting = self._waiting[:MOST_ITEMS], self._waiting[MOST_ITEMS:]
            if not self._waiting:
                self._some.clear()
            await self._commit(items)
            last = loop.time()

    async def _commit(self, items: list[Post | Mark]) -> None:
        now = self._now()
        posts = [item for item in items if isinstance(item, Post)]
        marks = [item for item in items if isinstance(item, Mark)]
        try:
            await self._transactions.write(
                lambda tx: actions.commit(tx, posts, marks, now), lambda done: self._publish(posts, done)
            )
        except Exception as error:  # noqa: BLE001  the loop must go on; every sender is told
            code = Code.STORE_FAILED if isinstance(error, SQLAlchemyError) else Code.INTERNAL
            self._log.error("batch.failed", error=error, code=code, messages=len(posts))
            for item in items:
                post = item if isinstance(item, Post) else None
                self._answers.refused(item.link, Refusal(code), post)

    def _publish(self, posts: list[Post], done: Committed) -> None:
        for post, answer in zip(posts, done.answers, strict=True):
            if isinstance(answer, Sent):
                self._answers.sent(post, answer)
            else:
                self._answers.refused(post.link, answer, post)
        for link, refusal in done.refused_marks:
            self._answers.refused(link, refusal, None)
        for room, (tenant, first, envelopes) in done.news.items():
            self._hub.news(tenant, room, first, envelopes)
        for (room, pid), (tenant, pos) in done.reads.items():
            frame = ReadIs(room=room, pid=pid, pos=pos)
            if self._hub.in_room(tenant, room) <= READS_SHOWN_TO:
                self._hub.to_room(tenant, room, frame)
            else:
                self._hub.to_person(tenant, pid, frame)
