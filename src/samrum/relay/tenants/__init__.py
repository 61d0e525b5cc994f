"""The authorities that this relay carries: their registration, what they sign, what relay keeps of it.

`registry` knows each tenant's public keys and origins (from `tenants.json`, which the operator keeps). Home's calls (`calls`: one
method, path and body, 60 seconds, once), rosters, hints, revocations and ledger heads are believed only after a signature by a key of
the tenant that they name. A device's grant is checked likewise (`bearer` for HTTP), and against the revocations, which outlive
restarts. As the ledger's witness relay keeps the last head of each tenant, recomputes every new one and refuses what does not follow.
"""
