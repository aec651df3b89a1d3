"""What callers are asked after a call, and how satisfied they are."""
