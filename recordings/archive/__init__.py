"""From what Asterisk wrote to what is kept: packed, encrypted, whole, and verified."""
