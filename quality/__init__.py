"""Listening to what was recorded, by those who may and with a reason, and judging it by scorecards."""
