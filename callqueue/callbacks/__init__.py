"""Promised calls that keep the caller's place: asked for, planned, proven by the journal."""
