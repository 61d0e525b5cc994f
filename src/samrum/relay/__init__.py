"""The zone relay: carries what it cannot read.

Relay sees pseudonyms, times and padded sizes; it holds no name, title, text or key. Home tells it, by signed calls, who is
in which room; browsers send it sealed envelopes over one WebSocket. One process, one event loop:

    http    home's signed calls (`tenants`; rosters are applied by `rooms`), the browser's joining and LiveKit's webhook (`meetings`)
    stream  the browser's connection (`stream`): hello, messages (`log`), history, reading, typing, meetings

How a message goes: `stream` decodes the frame and parses the envelope → `log` collects what came within a few milliseconds
and stores it in one transaction, in which membership, epoch, sequence and signature are checked against the database →
when the commit is durable, each sender gets `Sent` and each room's connections get one `Batch`. Nothing is acknowledged
or passed on before it is durable. All transactions that change something run in one thread (`plumbing.transactions`) and
are published in commit order; what the hub knows of who is in which room is changed by these publications only, and by a
membership's end. So a person who is removed gets nothing that was stored after the removal, and a new connection misses nothing
that came after its `Welcome`.

Who is a member is always asked of the database, never of a picture in memory: what relay enforces and what it tells
clients (`members`, decision 2) is the same table, edited or not.

Limits: `wire.stream` (frame, rate, queue), `stream.listener` (half-open connections), `log.batches` (batch), `log.actions` (page),
`meetings.actions` (joins), each a named constant.
"""
