"""Signing in and the session that follows: passwords, slowing, the cookie, the door that every request passes.

`actions` checks argon2id hashes in threads: an unknown user costs the same and gets the same answer, a try counts as failed until it
proves right, and `slowing` makes further tries wait, per user name and per address, in memory. `door` is how a request becomes a
person: the cookie `__Host-samrum`, stored as a hash, and for unsafe methods JSON and home's own `Origin`. A session alone
reads names and rooms and may change rooms; keys and grants need the proof of a certified device (`devices`).
"""
