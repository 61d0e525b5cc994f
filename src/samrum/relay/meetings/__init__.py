"""Meetings: relay decides who may enter a room's call and keeps LiveKit in line with the applied roster.

A call has a random id, which is also LiveKit's room name; it is kept while somebody is in and for a minute after. A device joins
through relay and gets a token of at most 60 seconds for that one room, without name and without rights on data, recording or
administration. The token is not the boundary (the keys are), so relay looks at who is really there: on every webhook, every
five seconds, and when it starts. Whoever is not a member now, is revoked, was put out, or did not join through relay is
removed. Relay's own list of joins is durable, so a restart of relay leaves running meetings alone.
"""
