"""The authorities that this relay carries: their registration, what they sign, what relay keeps of it.

`registry` knows each tenant's public keys and origins (from `tenants.json`, which the operator keeps). Home's calls, rosters,
hints, revocations and ledger heads are believed only after a signature by a key of the tenant that they name. A device's
grant is checked likewise, and against the revocations, which outlive restarts.
"""
