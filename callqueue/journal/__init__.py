"""Asterisk's queue_log: its lines to events, the events into the ledger's tables, files of other machines."""
