"""Asterisk's channel events: who was in which call and bridge, and so who spoke with whom."""
