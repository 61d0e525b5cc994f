"""The outbox: what home owes relay, written with the change it tells of, delivered in order per lane.

A lane is a room (its rosters, then hints about them) or a person (revocations, hints). `actions` serves several lanes at once and the
head of each first, again and again with growing pauses until relay has it; a hint gets one try, for browsers ask home after every
reconnect. Whoever changed something may wait a moment for relay's word (`delivered`). If relay has lost rosters (a restored backup)
it says which version it is at, and the missing ones go first. `outside` signs each call.
"""
