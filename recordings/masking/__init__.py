"""A secret is spoken: meanwhile the recordings are silent."""
