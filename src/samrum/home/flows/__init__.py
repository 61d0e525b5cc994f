"""The register of data flows, `flows.toml`: every connection between parties, with purpose, legal basis, fields and retention.

`register` reads it. Three things are made from it: the browser's content security policy (`policy`), home's only way out (`outside`:
a connection is opened by flow id, and one that is not in the register or switched off cannot be), and the page *Where does
my data go?* (`http`: `GET /flows`, for anybody).
"""
