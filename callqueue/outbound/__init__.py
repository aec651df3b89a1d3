"""Calls that we owe to people, whatever for: kept, tried, tried again, and closed once."""
