"""The agent's desk around the phone: calls and their notes, work beside calls, one's own day."""
