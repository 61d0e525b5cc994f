"""Presence: who of the people on somebody's screen is there.

A device says whom it shows (`Presence`) and whether its person is away; relay answers with those who are not offline, and tells changes
at most once a second. Everything is in memory and ends with the process: nothing of it is stored or logged, and a connection says
anew what it shows. How present somebody is, is told only to people who are with them in a room of at most
`wire.stream.PRESENCE_MEMBERS` members; everybody else sees what they would see of an id that does not exist: offline.

Who has just gone is still there for `GONE_SECONDS`, so that a reload does not blink.
"""
