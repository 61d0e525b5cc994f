"""Checks that anybody may make, outside of every zone: with public keys and what an authority hands out, never with its secrets.

`ledger` verifies an authority's ledger against its signed head and the head that relay witnessed; `fetch` gets both as a signed-in
person would. Nothing here is trusted by a zone, and no zone imports it.
"""
