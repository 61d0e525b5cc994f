"""Devices: a browser profile's own key, certified; grants for relay; proofs; the end of a device.

`POST /start` certifies a new device or renews a known one and binds the session to it; `POST /grant` gives a fresh grant, and a new
certificate when the old one has lived half its life. `proof` checks `Samrum-Proof`: the device itself makes this request, now, once.

A device ends for good in three ways. *Signed out*, by its person there or from another device: no key changes. *Reported lost* from
another device, also when it was signed out already: somebody else may have it and what it holds, so every room of that person gets a
new epoch. *Not back* for 30 days after its certificate ended. Its sessions end, the ledger says which it was, and relay gets a
revocation that it remembers for as long as a grant could live; the answer waits up to 2 s for relay's word. Ended devices leave the
person's list after 30 days, or when the list is full, and what they were called is forgotten. Their rows and certificates are kept:
old signatures verify with them, and their ids never start again.

A new device asks its person's older ones, once, whether it was them (`asks`); one answer from any of them settles it, and until then
it stays asked, for those that were off meanwhile too, even when the new one has signed out again. Whoever answered is remembered:
when that device is reported lost, what it answered for is asked again.
"""
