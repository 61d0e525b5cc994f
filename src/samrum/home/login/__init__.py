"""Signing in and the session that follows: passwords, slowing, the cookie, the door that every request passes."""
