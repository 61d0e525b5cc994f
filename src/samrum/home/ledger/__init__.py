"""The ledger: home's append-only, hash-chained log, whose signed head relay witnesses."""
