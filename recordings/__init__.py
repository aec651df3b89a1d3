"""Sound that is kept: recordings of calls, and voice messages."""
