"""Asterisk: how it is configured, run and spoken to."""
