"""Devices: certificates, grants, proofs of possession, revocation."""
