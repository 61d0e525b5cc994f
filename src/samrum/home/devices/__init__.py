"""Devices: a browser profile's own key, certified; grants for relay; proofs; the end of a device.

`POST /start` certifies a new device or renews a known one and binds the session to it; `POST /grant` gives a fresh grant, and a new
certificate when the old one has lived half its life. `proof` checks `Samrum-Proof`: the device itself makes this request, now, once.

A device ends for good in two ways. *Revoked* by its owner from another device: it counts as lost, so every room of that person gets a
new epoch. *Signed out*: the person did it there and the browser forgets its keys, so no key changes. Either way its sessions end, the
ledger says so, and relay gets a revocation that it remembers for as long as a grant could live; the answer waits up to 2 s for
relay's word. Certificates are kept: old signatures verify with them.
"""
