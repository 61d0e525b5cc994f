"""What a frame asks, done."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.relay.errors import Refusal
from samrum.relay.hub import Hub, Link
from samrum.relay.limits import Limit, TooMany
from samrum.relay.log import actions as log_actions
from samrum.relay.log import pages
from samrum.relay.log.actions import Mark, Post
from samrum.relay.log.batches import Batches
from samrum.relay.meetings.actions import Meetings
from samrum.relay.presence.actions import Presences
from samrum.relay.rooms import actions as rooms
from samrum.relay.stream.handshake import Handshake, renew
from samrum.relay.stream.listener import EARLY_CONTROLS, HALF_OPEN, WAITING_REQUESTS, Connection, Stage
from samrum.relay.tenants.actions import access_device
from samrum.relay.tenants.registry import Registry
from samrum.wire import envelope, ids, stream
from samrum.wire.base import Wire
from samrum.wire.codes import Code
from samrum.wire.envelope import BadEnvelope
from samrum.wire.ids import MsgId, RoomId
from samrum.wire.statements import Grant

SWEEP_SECONDS: Final = 3600.0
"""After that long the ends of grants are looked at again in any case, since clocks are set."""
Heads = tuple[dict[RoomId, stream.RoomHead], dict[RoomId, int | None]]


class Stream:
    """Every connection's frames come here."""

    def __init__(
        self,
        registry: Registry,
        transactions: Transactions,
        hub: Hub,
        meetings: Meetings,
        presences: Presences,
        *,
        tasks: asyncio.TaskGroup,
        now: Callable[[], float],
        log: Log,
    ) -> None:
        self.registry, self._transactions, self._hub, self._meetings = registry, transactions, hub, meetings
        self._presences = presences
        self._tasks, self._now, self._log = tasks, now, log
        self._limit = Limit(stream.FRAMES_PER_10_S, 10)
        self.batches = Batches(transactions, hub, self, now, log)
        self._half_open: dict[Connection, None] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._sweep_at = 0
        self._hashes = rooms.Hashes()

    async def tidy(self) -> None:
        """Forgets what is over, until cancelled."""
        while True:
            await asyncio.sleep(60)
            self._limit.forget(self._now())

    def connection(self, origin: str) -> Connection:
        """A new connection of a page of `origin`."""
        return Connection(self, Handshake(self.registry, origin, self._now))

    def arrived(self, link: Connection) -> None:
        """A connection is up and has not said who it is. Above the limit the oldest such one has to go."""
        if len(self._half_open) >= HALF_OPEN:
            next(iter(self._half_open)).bye(Code.RATE_LIMITED)
        self._half_open[link] = None

    def left(self, link: Connection) -> None:
        """A connection is over."""
        if link.stage is Stage.OPEN:
            was_in = [room.room for room in link.rooms]
            self._hub.leave(link)
            self._presences.left(link, was_in)
        self._half_open.pop(link, None)

    def said_bye(self, link: Connection, code: Code) -> None:
        """Notes why relay closed a connection."""
        if link.stage in (Stage.OPEN, Stage.WELCOME):
            self._log.info("stream.bye", code=code, tenant=link.tenant, pid=link.pid, dev=link.dev)
        else:
            self._log.info("stream.bye", code=code)

    def control(self, link: Connection, ping: bytes | None) -> None:
        """A WebSocket ping or (`None`) a pong, which nobody asked for. Both count as frames; before the welcome few are read."""
        link.controls += 1
        if link.stage is not Stage.OPEN and link.controls > EARLY_CONTROLS:
            link.bye(Code.RATE_LIMITED)
        elif (link.stage is not Stage.OPEN or self._counted(link, None)) and ping is not None:
            link.pong(ping)

    def receive(self, link: Connection, data: bytes) -> None:
        """One binary message."""
        try:
            frame = stream.decode(data, stream.CLIENT)
        except stream.BadFrame:
            link.bye(Code.BAD_FRAME)
            return
        try:
            if link.stage is Stage.OPEN:
                if self._counted(link, frame):
                    self._open(link, frame)
            else:
                self._enter(link, frame)
        except Refusal as refusal:
            if link.stage is Stage.OPEN:
                self._error(link, refusal, frame)
            else:
                link.bye(refusal.code)
        except Exception as error:  # noqa: BLE001  one frame must not end the relay
            self._log.error("stream.failed", error=error)
            link.bye(Code.INTERNAL)

    def _counted(self, link: Connection, frame: Wire | None) -> bool:
        try:
            self._limit.count((link.tenant, link.dev), self._now())
        except Refusal as refusal:
            self._error(link, refusal, frame)
            return False
        except TooMany:
            link.bye(Code.RATE_LIMITED)
            return False
        return True

    # ---- the way in

    def _enter(self, link: Connection, frame: Wire) -> None:
        if link.stage is Stage.HELLO and isinstance(frame, stream.Hello):
            assert link.handshake is not None
            link.answer(link.handshake.hello(frame))
            link.stage = Stage.PROOF
        elif link.stage is Stage.PROOF and isinstance(frame, stream.Proof):
            assert link.handshake is not None
            grant, link.key = link.handshake.proof(frame)
            link.tenant, link.pid, link.dev = self.registry.name(grant.iss), grant.sub, grant.dev
            link.stage = Stage.WELCOME
            self._tasks.create_task(self._welcome(link, grant))
        else:
            raise Refusal(Code.BAD_FRAME)

    async def _welcome(self, link: Connection, grant: Grant) -> None:
        def look(tx: Tx) -> Heads:
            now = self._now()
            access_device(tx, link.tenant, link.pid, link.dev, now)
            return rooms.welcome(tx, link.tenant, link.pid, now, self._hashes)

        try:
            await self._transactions.ordered(look, lambda heads: self._entered(link, grant, heads))
        except Refusal as refusal:
            link.bye(refusal.code)
        except Exception as error:  # noqa: BLE001  one connection must not end the relay
            self._log.error("stream.failed", error=error)
            link.bye(Code.INTERNAL)

    def _entered(self, link: Connection, grant: Grant, heads: Heads) -> None:
        if link.stage is not Stage.WELCOME:
            return
        self._half_open.pop(link, None)
        link.stage = Stage.OPEN
        link.welcomed()
        self._until(link, grant)
        self._hub.enter(link, heads[1])
        self._presences.entered(link)
        link.answer(
            stream.Welcome(
                v=stream.VERSION,
                now=int(self._now() * 1000),
                rooms=heads[0],
                meetings=self._meetings.running(heads[0]),
            )
        )

    def _until(self, link: Connection, grant: Grant) -> None:
        link.ends = grant.exp
        if self._sweep is None or link.ends < self._sweep_at:
            self._sweep_later(link.ends)

    def _renew(self, link: Connection, frame: stream.Renew) -> None:
        now = self._now()
        newer = renew(self.registry, frame, now, tenant=link.tenant, pid=link.pid, dev=link.dev, key=link.key)
        self._until(link, newer)

    def _sweep_later(self, when: int) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
        self._sweep_at = when
        wait = min(max(0.0, when - self._now()), SWEEP_SECONDS)
        self._sweep = asyncio.get_running_loop().call_later(wait, self._sweep_now)

    def _sweep_now(self) -> None:
        """Closes every connection whose grant is over. One timer for all: there are many, and most grants are renewed."""
        self._sweep = None
        soonest = self._hub.expire(self._now())
        if soonest is not None:
            self._sweep_later(soonest)

    # ---- open

    def _open(self, link: Connection, frame: Wire) -> None:
        match frame:
            case stream.Send():
                self._send(link, frame)
            case stream.Read():
                self.batches.add(Mark(link, frame.room, frame.pos))
            case stream.History() | stream.Last() | stream.Refs() | stream.Thread() | stream.Find() | stream.Reads():
                self._ask(link, frame)
            case stream.Typing():
                self._typing(link, frame)
            case stream.Presence():
                self._presences.ask(link, frame)
            case stream.MediaAck():
                self._meetings.media_ack(link, frame)
            case stream.Ping():
                link.answer(stream.Pong(now=int(self._now() * 1000)))
            case stream.Renew():
                self._renew(link, frame)
            case _:
                raise Refusal(Code.BAD_FRAME)

    def _send(self, link: Connection, frame: stream.Send) -> None:
        self.batches.add(log_actions.post_of(link, link.key, frame.env, frame.objects))

    def _typing(self, link: Connection, frame: stream.Typing) -> None:
        if self._hub.is_in(link, frame.room):
            self._hub.to_room(link.tenant, frame.room, stream.TypingIs(room=frame.room, pid=link.pid), but=link)
        else:
            raise Refusal(Code.NOT_A_MEMBER)

    def _ask(self, link: Connection, frame: Wire) -> None:
        if link.requests is None:
            link.requests = deque()
        elif len(link.requests) >= WAITING_REQUESTS:
            raise Refusal(Code.RATE_LIMITED, retry_after=1)
        link.requests.append(frame)
        if not link.answering:
            link.answering = True
            self._tasks.create_task(self._answer(link))

    async def _answer(self, link: Connection) -> None:
        """Answers a connection's requests one after the other, as fast as it reads."""
        while link.requests:
            await link.writable()
            if not link.requests:
                break
            frame = link.requests.popleft()
            try:
                link.answer(await self._transactions.read(partial(self._look, link, frame)))
            except Refusal as refusal:
                self._error(link, refusal, frame)
            except Exception as error:  # noqa: BLE001  one request must not end the relay
                self._log.error("stream.failed", error=error)
                self._error(link, Refusal(Code.INTERNAL), frame)
        link.answering, link.requests = False, None

    def _look(self, link: Connection, ask: Wire, tx: Tx) -> Wire:
        now = self._now()
        match ask:
            case stream.History():
                return pages.history(tx, link, ask, now)
            case stream.Last():
                return pages.last(tx, link, ask.re, ask.room, now)
            case stream.Refs():
                return pages.refs(tx, link, ask, now)
            case stream.Thread():
                return pages.thread(tx, link, ask, now)
            case stream.Find():
                return pages.find(tx, link, ask, now)
            case stream.Reads():
                return pages.reads(tx, link, ask, now)
            case _:
                raise AssertionError

    # ---- answers

    def sent(self, post: Post, answer: stream.Sent) -> None:
        """A message is durable."""
        post.link.send(stream.encode(answer))

    def refused(self, link: Link, refusal: Refusal, post: Post | None) -> None:
        """A message or a read mark is not stored."""
        problem = refusal.problem
        error = stream.Error(
            code=problem.code,
            msg=post.msg_id if post else None,
            have=problem.have,
            retry_after=problem.retry_after,
        )
        link.send(stream.encode(error))

    def _error(self, link: Connection, refusal: Refusal, frame: Wire | None) -> None:
        problem = refusal.problem
        link.answer(
            stream.Error(
                code=problem.code,
                re=getattr(frame, "re", None),
                msg=_msg_id(frame),
                have=problem.have,
                retry_after=problem.retry_after,
            )
        )


def _msg_id(frame: Wire | None) -> MsgId | None:
    """The id that an error about a `Send` names, if its envelope can be read."""
    if not isinstance(frame, stream.Send):
        return None
    try:
        return MsgId(ids.text("m", envelope.parse(frame.env).msg_id))
    except BadEnvelope:
        return None
