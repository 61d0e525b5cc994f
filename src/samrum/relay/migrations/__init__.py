"""Relay's schema, oldest change first. Retention stands in `relay.schema`."""
